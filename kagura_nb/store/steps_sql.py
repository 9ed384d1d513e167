"""The SQL of `steps`, in which each said what the tables were when it was released.

In braces is what differs from database to database (`dialect.TYPES`).
"""

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

ACTIVITY = "CREATE INDEX by_time ON conversations (created_at, model, rating)"

EXPORTS = """
CREATE TABLE exports (
  path TEXT NOT NULL PRIMARY KEY,
  format TEXT NOT NULL,
  at {ordered} NOT NULL,
  oldest {ordered} NOT NULL,
  newest {ordered} NOT NULL
)
"""

DIGESTS = "ALTER TABLE exports ADD COLUMN digest TEXT NOT NULL DEFAULT ''"

PEAKS = "ALTER TABLE job_events ADD COLUMN memory BIGINT"

REMAINS = """
ALTER TABLE jobs ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN remains TEXT NOT NULL DEFAULT '';
UPDATE jobs SET remains = 'They are deleted once the job has ended.'
  WHERE state IN ('uploading', 'submitting', 'queued', 'running')
"""

REASONING = "ALTER TABLE conversations ADD COLUMN reasoning TEXT NOT NULL DEFAULT ''"
