"""The steps by which a database came to its present form.

A step never changes once it was released: it says what the tables were then, in its own words.
What they are now, for those who read and write them, is in `schema` and `index_schema`; a test
holds the two together. The next change is a new step at the end of `STEPS`.
"""

import json
from collections.abc import Callable

from sqlalchemy import Connection, text

from kagura_nb.store import dialects
from kagura_nb.store.rows import folded

CONVERSATIONS = """
CREATE TABLE conversations (
  id {ordered} NOT NULL PRIMARY KEY,
  session TEXT NOT NULL,
  created_at {ordered} NOT NULL,
  messages JSON NOT NULL,
  prompt TEXT NOT NULL,
  response TEXT NOT NULL,
  model TEXT NOT NULL,
  complete BOOLEAN NOT NULL,
  prompt_tokens INTEGER,
  completion_tokens INTEGER,
  cached_tokens INTEGER,
  written_tokens INTEGER,
  usage_estimated BOOLEAN,
  cost TEXT,
  rating INTEGER,
  comment TEXT,
  correction TEXT,
  excluded TEXT,
  metadata JSON NOT NULL,
  good BOOLEAN GENERATED ALWAYS AS (
    complete AND excluded IS NULL AND response <> ''
    AND (correction IS NOT NULL OR COALESCE(rating, 0) >= 4)
  ) STORED
);
CREATE INDEX by_session ON conversations (session, id);
CREATE INDEX by_rating ON conversations (rating) WHERE rating IS NOT NULL;
CREATE INDEX the_good ON conversations (id) WHERE good;
CREATE TABLE tags (
  conversation_id {ordered} NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  tag TEXT NOT NULL,
  PRIMARY KEY (conversation_id, tag)
);
CREATE INDEX by_tag ON tags (tag, conversation_id);
CREATE TABLE pending_index (conversation_id {ordered} NOT NULL PRIMARY KEY)
"""

MEMORY = """
CREATE TABLE memory_items (
  position {counted} NOT NULL PRIMARY KEY{counting},
  conversation_id {ordered} NOT NULL UNIQUE,
  session TEXT NOT NULL,
  length INTEGER NOT NULL,
  change INTEGER NOT NULL
);
CREATE INDEX ix_memory_items_change ON memory_items (change);
CREATE TABLE memory_vectors (
  position INTEGER NOT NULL PRIMARY KEY REFERENCES memory_items (position) ON DELETE CASCADE,
  embedder TEXT NOT NULL,
  dimension INTEGER NOT NULL,
  vector {bytes} NOT NULL,
  change INTEGER NOT NULL
);
CREATE INDEX vectors_by_change ON memory_vectors (embedder, change);
CREATE TABLE memory_clock (change INTEGER NOT NULL, generation INTEGER NOT NULL);
INSERT INTO memory_clock VALUES (0, 0);
INSERT INTO pending_index SELECT id FROM conversations
  WHERE id NOT IN (SELECT conversation_id FROM pending_index)
"""

CONSENT = """
CREATE TABLE consents (
  vendor TEXT NOT NULL,
  given_at {ordered} NOT NULL,
  version TEXT NOT NULL,
  address TEXT NOT NULL,
  withdrawn_at {ordered},
  PRIMARY KEY (vendor, given_at)
)
"""

SEARCH = """
CREATE TABLE search_text (
  conversation_id {ordered} NOT NULL PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
  folded TEXT NOT NULL
)
"""
TRAINING = """
CREATE TABLE datasets (
  version TEXT NOT NULL PRIMARY KEY,
  created_at {ordered} NOT NULL,
  facts JSON NOT NULL
);
CREATE TABLE lineage (
  version TEXT NOT NULL REFERENCES datasets (version) ON DELETE CASCADE,
  conversation_id {ordered} NOT NULL,
  part TEXT NOT NULL,
  number INTEGER NOT NULL,
  tokens INTEGER,
  reason TEXT,
  PRIMARY KEY (version, conversation_id, part, number)
);
CREATE INDEX by_conversation ON lineage (conversation_id);
CREATE TABLE jobs (
  id {ordered} NOT NULL PRIMARY KEY,
  dataset TEXT NOT NULL,
  backend TEXT NOT NULL,
  base_model TEXT NOT NULL,
  method TEXT NOT NULL,
  epochs INTEGER NOT NULL,
  state TEXT NOT NULL,
  created_at {ordered} NOT NULL,
  options JSON NOT NULL,
  remote_id TEXT,
  files JSON NOT NULL,
  model TEXT,
  tokens INTEGER,
  cost TEXT,
  estimate TEXT,
  share FLOAT NOT NULL,
  problem TEXT,
  seen TEXT NOT NULL
);
CREATE UNIQUE INDEX one_active_job ON jobs (backend)
  WHERE state IN ('approved', 'uploading', 'submitting', 'queued', 'running');
CREATE TABLE job_events (
  job_id {ordered} NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  at {ordered} NOT NULL,
  state TEXT NOT NULL,
  message TEXT NOT NULL,
  step INTEGER,
  steps INTEGER,
  loss FLOAT,
  validation_loss FLOAT,
  tokens INTEGER,
  PRIMARY KEY (job_id, number)
)
"""
DEPLOYMENTS = """
CREATE TABLE deployments (
  id {ordered} NOT NULL PRIMARY KEY,
  since {ordered} NOT NULL,
  model TEXT,
  share DOUBLE PRECISION NOT NULL,
  job {ordered},
  dataset TEXT,
  ended_at {ordered}
);
CREATE TABLE assignments (
  session TEXT NOT NULL,
  model TEXT NOT NULL,
  deployment {ordered} NOT NULL REFERENCES deployments (id),
  tuned BOOLEAN NOT NULL,
  PRIMARY KEY (session, model)
)
"""

LEDGER = """
CREATE TABLE ledger (
  at {ordered} NOT NULL,
  model TEXT NOT NULL,
  purpose TEXT NOT NULL,
  prompt_tokens INTEGER,
  completion_tokens INTEGER,
  picodollars BIGINT,
  estimated BOOLEAN NOT NULL
);
CREATE INDEX ledger_by_time ON ledger (at);
INSERT INTO ledger
  SELECT created_at, model, 'chat', prompt_tokens, completion_tokens,
    CAST(ROUND(CAST(cost AS NUMERIC) * 1000000000000) AS BIGINT),
    COALESCE(usage_estimated, FALSE)
  FROM conversations WHERE prompt_tokens IS NOT NULL
"""

OFFERS = """
CREATE TABLE offers (
  number INTEGER NOT NULL PRIMARY KEY,
  at {ordered} NOT NULL,
  fresh INTEGER NOT NULL,
  trainings INTEGER NOT NULL
)
"""

VETTED = """
CREATE TABLE vetted (
  conversation_id {ordered} NOT NULL,
  digest {bytes} NOT NULL,
  code TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  signature {bytes} NOT NULL,
  PRIMARY KEY (conversation_id, digest)
)
"""

CURATION = """
ALTER TABLE conversations ADD COLUMN length INTEGER NOT NULL DEFAULT 0;
UPDATE conversations SET length = LENGTH(prompt) + LENGTH(COALESCE(correction, response));
DROP INDEX by_rating;
CREATE INDEX by_rating ON conversations (rating, id) WHERE rating IS NOT NULL;
CREATE INDEX by_facts ON conversations (
  id, session, created_at, model, complete, rating, length, prompt_tokens, completion_tokens
);
CREATE INDEX the_excluded ON conversations (id) WHERE excluded IS NOT NULL;
CREATE INDEX the_corrected ON conversations (id) WHERE correction IS NOT NULL;
CREATE TABLE looked (
  conversation_id {ordered} NOT NULL PRIMARY KEY,
  code TEXT NOT NULL,
  types TEXT NOT NULL,
  signature {bytes} NOT NULL
)
"""

SPOKEN = """
SELECT id, CAST(messages AS TEXT) AS messages, response, correction, comment
FROM conversations WHERE id > :last ORDER BY id LIMIT 500
"""

ACTIVITY = "CREATE INDEX by_time ON conversations (created_at, model, rating)"


def conversations(connection: Connection) -> None:
    """Conversations, their tags, and what is still to be indexed."""
    _run(connection, CONVERSATIONS)
    private = "session messages prompt response model cost comment correction excluded metadata"
    dialects.of(connection).unsample(connection, "conversations", private.split())
    dialects.of(connection).unsample(connection, "tags", ["tag"])


def memory(connection: Connection) -> None:
    """What memory searches."""
    _run(connection, MEMORY)
    dialects.of(connection).create_words(connection)


def consent(connection: Connection) -> None:
    """To whom training data may go."""
    _run(connection, CONSENT)


def search(connection: Connection) -> None:
    """What was said, folded so that every case of a letter is found."""
    _run(connection, SEARCH)
    dialects.of(connection).unsample(connection, "search_text", ["folded"])
    insert = text("INSERT INTO search_text VALUES (:id, :folded)")
    last = ""
    while rows := connection.execute(text(SPOKEN), {"last": last}).all():
        said = [[one["content"] for one in json.loads(row.messages)] for row in rows]
        found = [
            {"id": row.id, "folded": folded(*texts, row.response, row.correction, row.comment)}
            for row, texts in zip(rows, said, strict=True)
        ]
        connection.execute(insert, found)
        last = rows[-1].id


def training(connection: Connection) -> None:
    """What is trained on, and how that goes."""
    _run(connection, TRAINING)


def deployments(connection: Connection) -> None:
    """Which models answer in front of the base one."""
    _run(connection, DEPLOYMENTS)
    dialects.of(connection).unsample(connection, "assignments", ["session"])


def ledger(connection: Connection) -> None:
    """What was spent, beginning with the conversations that there are."""
    _run(connection, LEDGER)


def offers(connection: Connection) -> None:
    """When training was offered."""
    _run(connection, OFFERS)


def vetted(connection: Connection) -> None:
    """In which lines of training files nothing private was found."""
    _run(connection, VETTED)
    dialects.of(connection).unsample(connection, "vetted", ["digest", "signature"])


def activity(connection: Connection) -> None:
    """How many conversations there were when, without reading any."""
    _run(connection, ACTIVITY)


def curation(connection: Connection) -> None:
    """What many conversations are filtered and sorted by, and what was found in them."""
    _run(connection, CURATION)
    dialects.of(connection).unsample(connection, "looked", ["signature"])


STEPS: list[Callable[[Connection], None]] = [
    conversations,
    memory,
    consent,
    search,
    training,
    deployments,
    ledger,
    offers,
    vetted,
    activity,
    curation,
]


def _run(connection: Connection, statements: str) -> None:
    types = dialects.of(connection).TYPES
    for statement in statements.format_map(types).split(";\n"):
        connection.exec_driver_sql(statement)
