"""The steps by which a database came to its present form.

A step never changes once it was released: it says what the tables were then, in its own words.
What they are now, for those who read and write them, is in `schema` and `index_schema`; a test
holds the two together. The next change is a new step at the end of `STEPS`.
"""

import json
from collections.abc import Callable

from sqlalchemy import Connection, text

from kagura_nb.store import dialects, steps_sql
from kagura_nb.store.rows import folded

SPOKEN = """
SELECT id, CAST(messages AS TEXT) AS messages, response, correction, comment
FROM conversations WHERE id > :last ORDER BY id LIMIT 500
"""


def conversations(connection: Connection) -> None:
    """Conversations, their tags, and what is still to be indexed."""
    _run(connection, steps_sql.CONVERSATIONS)
    private = "session messages prompt response model cost comment correction excluded metadata"
    dialects.of(connection).unsample(connection, "conversations", private.split())
    dialects.of(connection).unsample(connection, "tags", ["tag"])


def memory(connection: Connection) -> None:
    """What memory searches."""
    _run(connection, steps_sql.MEMORY)
    dialects.of(connection).create_words(connection)


def consent(connection: Connection) -> None:
    """To whom training data may go."""
    _run(connection, steps_sql.CONSENT)


def search(connection: Connection) -> None:
    """What was said, folded so that every case of a letter is found."""
    _run(connection, steps_sql.SEARCH)
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
    _run(connection, steps_sql.TRAINING)


def deployments(connection: Connection) -> None:
    """Which models answer in front of the base one."""
    _run(connection, steps_sql.DEPLOYMENTS)
    dialects.of(connection).unsample(connection, "assignments", ["session"])


def ledger(connection: Connection) -> None:
    """What was spent, beginning with the conversations that there are."""
    _run(connection, steps_sql.LEDGER)


def offers(connection: Connection) -> None:
    """When training was offered."""
    _run(connection, steps_sql.OFFERS)


def vetted(connection: Connection) -> None:
    """In which lines of training files nothing private was found."""
    _run(connection, steps_sql.VETTED)
    dialects.of(connection).unsample(connection, "vetted", ["digest", "signature"])


def activity(connection: Connection) -> None:
    """How many conversations there were when, without reading any."""
    _run(connection, steps_sql.ACTIVITY)


def curation(connection: Connection) -> None:
    """What many conversations are filtered and sorted by, and what was found in them."""
    _run(connection, steps_sql.CURATION)
    dialects.of(connection).unsample(connection, "looked", ["signature"])


def exports(connection: Connection) -> None:
    """Which files were written out of the store."""
    _run(connection, steps_sql.EXPORTS)


def digests(connection: Connection) -> None:
    """By what a trainer's file is known again."""
    _run(connection, steps_sql.DIGESTS)


def peaks(connection: Connection) -> None:
    """How much memory a training has had."""
    _run(connection, steps_sql.PEAKS)


def remains(connection: Connection) -> None:
    """Where a job went, and what is left there of what was uploaded for it."""
    _run(connection, steps_sql.REMAINS)


def reasoning(connection: Connection) -> None:
    """What models thought before they replied."""
    _run(connection, steps_sql.REASONING)
    dialects.of(connection).unsample(connection, "conversations", ["reasoning"])


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
    exports,
    digests,
    peaks,
    remains,
    reasoning,
]


def _run(connection: Connection, statements: str) -> None:
    types = dialects.of(connection).TYPES
    for statement in statements.format_map(types).split(";\n"):
        connection.exec_driver_sql(statement)
