"""On PostgreSQL the store and memory keep the same promises, and some of their own."""

import threading
from collections.abc import Callable, Iterator

import pytest
from servers.postgres import PostgresServer
from test_annotations import *  # noqa: F403  many changes at once, on this database
from test_costs import (  # noqa: F401
    spend,
    test_a_month_is_summed_by_day_model_and_purpose,
    test_small_amounts_add_up_exactly,
    test_what_was_spent_before_there_was_a_ledger_is_in_it,
)
from test_curation import (  # noqa: F401
    curator,
    eight,
    says,
    test_a_changed_text_is_looked_at_again,
    test_it_comes_in_every_order,
    test_near_duplicates_are_found,
    test_the_parts_of_a_dataset_are_found_with_the_reasons,
    test_there_is_something_to_choose_from,
    test_what_is_asked_for_is_found,
    view,
)
from test_dashboard import (  # noqa: F401
    test_conversations_are_counted_by_period_model_and_stars,
    test_everything_is_on_one_page,
    workspace,
)
from test_deploy import (  # noqa: F401
    test_only_what_was_drawn_while_both_answered_is_compared,
)
from test_exchange import (  # noqa: F401
    assistant,
    shown,
    test_importing_again_adds_only_what_is_new_and_changes_nothing,
    test_many_are_rated_by_options_after_a_count_and_taken_back,
    test_of_a_file_that_is_gone_from_its_place_the_user_is_told_once,
    three,
)
from test_memory import *  # noqa: F403  the specification of memory, on this database
from test_memory_index import (  # noqa: F401
    test_a_second_process_searches_exactly_and_finds_as_much,
    test_forgetting_throws_chromas_copy_away,
)
from test_offer import (  # noqa: F401
    test_an_offer_is_due_once_for_every_threshold,
    test_of_two_kernels_one_makes_the_offer,
    threshold,
)
from test_store import *  # noqa: F403  the specification of the store, on this database
from ulid import ULID
from writers import writer

from kagura_nb import ConversationCollector, Selection
from kagura_nb.errors import StoreUnavailable
from kagura_nb.memory import Memory
from kagura_nb.settings import Settings

Tell = Callable[..., str]


@pytest.fixture
def store(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ConversationCollector]:
    """The store of a new user."""
    monkeypatch.setenv("KAGURA_STORE", postgres.url())
    monkeypatch.setenv("KAGURA_USER", f"user-{ULID()}")
    opened = ConversationCollector()
    yield opened
    opened.database.close()


def test_what_is_forgotten_is_in_no_table_or_index_any_more(
    postgres: PostgresServer, store: ConversationCollector, memory: Memory, tell: Tell
) -> None:
    tell("The vault opens with xyzzyplugh", "xyzzyplugh noted", session="secret")
    store.tag("last", "xyzzyplughtag")
    tell("The vault is in the cellar", session="kept")
    memory.recall("vault", 5)
    with store.database.maintain() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.exec_driver_sql("CHECKPOINT")
    assert [one for one in postgres.files() if b"xyzzyplugh" in one.read_bytes()]

    store.forget(Selection(session="secret"))

    with store.database.maintain() as connection:
        connection.exec_driver_sql("CHECKPOINT")
    assert [one for one in postgres.files() if b"xyzzyplugh" in one.read_bytes()] == []
    assert len(memory.recall("vault", 5)) == 1


def test_users_whose_ids_begin_alike_have_schemas_of_their_own(
    store: ConversationCollector,
) -> None:
    for user in ("x" * 63 + "1", "x" * 63 + "2", "Case", "case", "an@ex-ample.org", "pg_x"):
        one = ConversationCollector(user)
        one.collect(f"I am {user}", "ok", "practice")
        assert [found.prompt for found in one.iterate()] == [f"I am {user}"]
        one.database.close()


def test_many_threads_begin_write_and_search_one_store_at_once(
    store: ConversationCollector, memory: Memory
) -> None:
    failed: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for number in range(20):
                one = store.collect(f"{name} says word{name}{number}", "ok", "none", session=name)
                store.add_feedback(one, 5)
                assert memory.recall(f"word{name}{number}", 5)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert failed == []
    assert store.get_stats()["high_rated"] == 80
    memory.catch_up()
    assert all(memory.recall(f"word{name}{number}", 1) for name in "abcd" for number in range(20))


def test_two_processes_at_once_lose_nothing(store: ConversationCollector, memory: Memory) -> None:
    writers = [writer(name, 60, below=50) for name in ("one", "two")]
    told = [word for one in writers for word in one.communicate()[0].split()]

    assert [one.returncode for one in writers] == [0, 0]
    assert len(told) == store.get_stats()["high_rated"] == 120
    assert [word for word in told if not memory.recall(word, 1)] == []


def test_a_correction_made_while_indexing_is_not_lost(
    store: ConversationCollector, memory: Memory, tell: Tell
) -> None:
    ids = [
        tell(f"question{number}", f"wrong{number}", session=f"s{number}") for number in range(40)
    ]
    indexing = threading.Thread(target=memory.catch_up)
    indexing.start()
    for number, one in enumerate(ids):
        store.correct(one, f"right{number}")
    indexing.join()
    memory.catch_up()

    assert all(memory.recall(f"right{number}", 1) for number in range(40))
    assert not any(memory.recall(f"wrong{number}", 1) for number in range(40))


def test_after_a_restart_of_the_server_the_next_operation_works(
    postgres: PostgresServer, store: ConversationCollector
) -> None:
    identifier = store.collect("hello", "hi", "practice")

    postgres.stop()
    with pytest.raises(StoreUnavailable, match="Start the server"):
        store.collect("are you there?", "no", "practice")
    postgres.start()

    assert store.get(identifier).prompt == "hello"
    store.collect("and again", "hi", "practice")


def test_a_database_that_cannot_hold_every_language_is_refused(
    postgres: PostgresServer, store: ConversationCollector
) -> None:
    with store.database.maintain() as connection:
        connection.exec_driver_sql(
            "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
        )
    with pytest.raises(StoreUnavailable, match=r"encoding LATIN1.*ENCODING 'UTF8'"):
        ConversationCollector(settings=Settings(store=postgres.url("latin"))).get_stats()


@pytest.mark.parametrize(
    ("address", "cure"),
    [
        ("postgresql://kagura:verysecret@127.0.0.1:{port}/postgres", "Correct user or password"),
        ("postgresql://127.0.0.1:{port}/postgres?user=kagura", "user:password@host"),
        ("postgresql://kagura:p%40ss%2Fword@127.0.0.1:{port}/nowhere", "Create it on the server"),
        ("postgresql+psycopg://kagura:verysecret@127.0.0.1:9/postgres", "Start the server"),
        ("postgresql://kagura:verysecret@name.invalid/postgres", "Correct the host"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_line_with_its_cure(
    postgres: PostgresServer, address: str, cure: str
) -> None:
    settings = Settings(store=address.format(port=postgres.port))
    with pytest.raises(StoreUnavailable, match=cure) as caught:
        ConversationCollector(settings=settings).get_stats()
    assert "\n" not in str(caught.value)
    assert "verysecret" not in str(caught.value)


def test_a_role_that_may_not_make_a_schema_is_told_what_to_ask_for(
    postgres: PostgresServer, store: ConversationCollector
) -> None:
    with store.database.maintain() as connection:
        connection.exec_driver_sql("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    address = f"postgresql://guest:guest@127.0.0.1:{postgres.port}/postgres"
    with pytest.raises(StoreUnavailable, match="GRANT CREATE ON DATABASE"):
        ConversationCollector("guest", Settings(store=address)).get_stats()
