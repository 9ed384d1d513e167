"""Which model answers: wholly, by share, again after going back; and how two are compared."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from servers.loopback import Fault
from servers.openai_vendor import OpenAIServer
from training import a_job

from kagura_nb import Assistant, ConversationCollector, Selection, Settings, deploy
from kagura_nb.deploy import Comparison
from kagura_nb.errors import KaguraError, KeyRejected, SettingsError, UnknownModel
from kagura_nb.notebook.commands import run
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.records import Job
from kagura_nb.store import jobs
from kagura_nb.store.deployments import Ratings

BASE = "openai:gpt-4.1-mini"
TUNED = "openai:ft:gpt-4.1-mini-2025-04-14:acme:kagura:one"
NEWER = "openai:ft:gpt-4.1-mini-2025-04-14:acme:kagura:two"
SESSIONS = [f"session-{number}" for number in range(400)]


@pytest.fixture
def assistant(openai_server: OpenAIServer) -> Assistant:
    return Assistant(model=BASE, session="monday")


def answerers(assistant: Assistant) -> list[str]:
    """The model of each of many sessions."""
    return [assistant.deployment(session=one).model for one in SESSIONS]


def session_of(assistant: Assistant, model: str) -> str:
    """A session that this model answers."""
    return SESSIONS[answerers(assistant).index(model)]


# --- who answers -------------------------------------------------------------------------------


def test_a_deployed_model_answers_the_next_conversation(
    assistant: Assistant, openai_server: OpenAIServer
) -> None:
    assert assistant.ask("hello").model == BASE
    deploy.deploy(assistant.store.database, TUNED)
    turn = assistant.ask("hello again")
    assert turn.model == TUNED and turn.notices == []
    assert openai_server.requests[-1].body["model"] == TUNED.partition(":")[2]
    assert "arm" not in assistant.store.get("last").metadata


def test_a_model_asked_for_in_a_call_wins_and_is_on_no_side(assistant: Assistant) -> None:
    deploy.deploy(assistant.store.database, TUNED, 0.5)
    assistant.ask("hello", model=NEWER)
    assert assistant.store.get("last").model == NEWER
    assert "arm" not in assistant.store.get("last").metadata


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.97])
def test_a_share_of_the_sessions_is_answered_by_the_tuned_model(
    assistant: Assistant, share: float
) -> None:
    deploy.deploy(assistant.store.database, TUNED, share)
    found = answerers(assistant)
    assert set(found) == {BASE, TUNED}
    assert found.count(TUNED) / len(found) == pytest.approx(share, abs=0.07)


def test_a_session_stays_on_its_side_when_the_share_changes(
    assistant: Assistant, store: ConversationCollector
) -> None:
    deploy.deploy(store.database, TUNED, 0.5)
    inside, outside = session_of(assistant, TUNED), session_of(assistant, BASE)
    for session, arm in ((inside, "tuned"), (outside, "base")):
        assistant.ask("hello", session=session)
        assert assistant.store.get("last").metadata["arm"] == arm

    for share in (0.0001, 0.9999):
        deploy.deploy(store.database, TUNED, share)
        assert Assistant(model=BASE).deployment(session=inside).model == TUNED
        assert Assistant(model=BASE).deployment(session=outside).model == BASE
    assert answerers(assistant).count(BASE) < 5


def test_a_whole_model_answers_every_session(assistant: Assistant) -> None:
    deploy.deploy(assistant.store.database, TUNED, 0.5)
    outside = session_of(assistant, BASE)
    assistant.ask("hello", session=outside)
    deploy.deploy(assistant.store.database, TUNED)
    assert assistant.deployment(session=outside).model == TUNED


def test_a_private_turn_is_answered_alike_and_leaves_no_trace_of_its_session(
    assistant: Assistant, home: Path
) -> None:
    deploy.deploy(assistant.store.database, TUNED, 0.5)
    session = session_of(assistant, TUNED)
    assert assistant.ask("psst", session=session, private=True).model == TUNED
    deploy.deploy(assistant.store.database, TUNED, 0.0001)
    assert assistant.deployment(session=session).model == BASE


def test_forgetting_a_session_forgets_its_side(assistant: Assistant, home: Path) -> None:
    deploy.deploy(assistant.store.database, TUNED, 0.5)
    assistant.ask("hello", session="xyzzyplugh")
    assistant.ask("hello", session="kept")
    assistant.forget(Selection(session="xyzzyplugh"))
    files = [path for path in home.rglob("*") if path.is_file()]
    assert not any(b"xyzzyplugh" in path.read_bytes() for path in files)
    assert any(b"kept" in path.read_bytes() for path in files)


def test_the_rest_of_the_sessions_keeps_what_answered_before(assistant: Assistant) -> None:
    database = assistant.store.database
    deploy.deploy(database, TUNED, 0.5)
    deploy.deploy(database, TUNED)
    deploy.deploy(database, NEWER, 0.5)
    assert set(answerers(assistant)) == {TUNED, NEWER}


def test_going_back_brings_back_what_answered_before(assistant: Assistant) -> None:
    database = assistant.store.database
    deploy.deploy(database, TUNED, 0.4)
    before = answerers(assistant)
    deploy.deploy(database, NEWER)
    assert set(answerers(assistant)) == {NEWER}

    assert deploy.rollback(database).model == NEWER
    assert answerers(assistant) == before
    deploy.rollback(database)
    assert set(answerers(assistant)) == {BASE}
    assert deploy.current(database) is None
    with pytest.raises(SettingsError, match="Nothing is deployed"):
        deploy.rollback(database)
    assert [one.model for one in deploy.history(database)] == [NEWER, TUNED]


@pytest.mark.parametrize("model", [None, NEWER])
def test_what_had_no_share_cannot_be_compared(assistant: Assistant, model: str | None) -> None:
    never = f"{NEWER} never had" if model else "No model ever had"
    with pytest.raises(SettingsError, match=f"^{never} a share of the sessions"):
        deploy.compare(assistant.store.database, model)


def test_the_same_again_is_one_deployment(assistant: Assistant) -> None:
    database = assistant.store.database
    assert deploy.deploy(database, TUNED, 0.4) == deploy.deploy(database, TUNED, 0.4)
    assert len(deploy.history(database)) == 1


@pytest.mark.parametrize(
    ("model", "share"),
    [(TUNED, 0), (TUNED, -0.1), (TUNED, 1.1), (TUNED, float("nan"))],
)
def test_what_is_no_share_is_refused(assistant: Assistant, model: str, share: float) -> None:
    with pytest.raises(SettingsError, match="no share of the sessions"):
        deploy.deploy(assistant.store.database, model, share)


# --- a deployed model that is gone --------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "fault", "told"),
    [
        ("local:/no/such/folder", None, "There is no folder /no/such/folder"),
        ("local:/no/such/folder+adapter", None, "There is no folder /no/such/folder"),
        ("gemini:gemini-3.8-flash", None, "There is no key for Gemini"),
        (TUNED, Fault(404, "model_not_found", "It was shut down"), "It was shut down"),
        (TUNED, Fault(403, "", "Not allowed"), "Not allowed"),
    ],
    ids=["folder", "base folder", "key", "shut down", "forbidden"],
)
@pytest.mark.parametrize("share", [1.0, 0.9999999])
def test_where_a_deployed_model_is_gone_the_base_one_answers_in_its_place(
    assistant: Assistant,
    openai_server: OpenAIServer,
    model: str,
    fault: Fault | None,
    told: str,
    share: float,
) -> None:
    deploy.deploy(assistant.store.database, model, share)
    openai_server.fail(*([fault] if fault else []))

    turn = assistant.ask("hello")

    assert (turn.model, turn.text) == (BASE, "You said: hello")
    assert len(turn.notices) == 1 and told in turn.notices[0] and "\n" not in turn.notices[0]
    assert turn.notices[0].endswith(f"take {model} back with `%kagura use --rollback`.")
    stored = assistant.store.get("last")
    assert (stored.model, stored.complete, "arm" in stored.metadata) == (BASE, True, False)


def test_a_base_model_that_is_gone_is_an_error(
    assistant: Assistant, openai_server: OpenAIServer
) -> None:
    gone = Fault(404, "model_not_found", "It was shut down")
    openai_server.fail(gone)
    with pytest.raises(UnknownModel):
        assistant.ask("hello")
    deploy.deploy(assistant.store.database, TUNED)
    openai_server.fail(gone, Fault(401, "invalid_api_key"))
    with pytest.raises(KeyRejected):
        assistant.ask("hello")
    assert [one.prompt for one in assistant.store.iterate()] == ["hello", "hello"]


# --- comparing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("good", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
    ids=str,
)
def test_the_interval_is_the_published_one(good: Any, low: float, high: float) -> None:
    """Newcombe 1998, table II, method 10."""
    sides = [Ratings(rated=n, good=k) for k, n in (good[:2], good[2:])]
    found = Comparison(TUNED, *sides).difference
    assert found is not None
    assert found[1:] == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("good", "said"),
    [
        ((0, 0, 0, 0), "Too early to tell: rate tuned 20 more and the others 20 more."),
        ((12, 12, 2, 30), "Too early to tell: rate tuned 8 more."),
        ((20, 30, 18, 30), "Too early to tell: the interval contains 0."),
        ((28, 30, 12, 30), "+53 points (95 % interval +30 to +69). tuned does better."),
        ((12, 30, 28, 30), "tuned does worse. Go back with"),
    ],
    ids=str,
)
def test_a_verdict_is_given_only_when_it_can_be(
    store: ConversationCollector, good: Any, said: str
) -> None:
    deploy.deploy(store.database, "tuned", 0.5)
    for arm, k, n in (("tuned", *good[:2]), ("base", *good[2:])):
        rate(store, arm, [5] * k + [2] * (n - k))
    assert said in told(store, "compare")


def rate(store: ConversationCollector, arm: str, stars: Sequence[int | None]) -> list[str]:
    """Conversations of one side with these stars, each in a session of its own."""
    assistant, ids = Assistant(model="base"), []
    choices = ((one, assistant.deployment(session=one)) for one in SESSIONS)
    for rating in stars:
        session, chosen = next(one for one in choices if one[1].model == arm)
        one = store.collect("hello", "hi", arm, session=session, arm=chosen.arm)
        store.add_feedback(one, rating)
        ids.append(one)
    return ids


def told(store: ConversationCollector, *words: str) -> str:
    view = run(Workspace(lambda: store.settings.with_(model="practice")), list(words))
    assert view is not None and view.html
    return view.plain


def test_only_what_was_drawn_while_both_answered_is_compared(store: ConversationCollector) -> None:
    store.add_feedback(store.collect("before", "hi", "base"), 1)
    deploy.deploy(store.database, "tuned", 0.5)
    better = rate(store, "tuned", [5, 4, 3, None])
    rate(store, "base", [2, None])
    store.correct(better[0], "corrected")
    store.correct(better[3], "corrected without stars")
    store.add_feedback(store.collect("asked for", "hi", "tuned", session="other"), 1)
    deploy.deploy(store.database, "tuned")
    store.add_feedback(store.collect("after", "hi", "tuned"), 1)

    found = deploy.compare(store.database)

    assert found.tuned == Ratings(conversations=4, rated=4, good=1, starred=3, stars=12)
    assert found.base == Ratings(conversations=2, rated=1, good=0, starred=1, stars=2)
    assert deploy.compare(store.database, "tuned") == found


@pytest.mark.parametrize("model", [None, "other"])
def test_what_never_had_a_share_cannot_be_compared(
    store: ConversationCollector, model: str | None
) -> None:
    deploy.deploy(store.database, "tuned")
    with pytest.raises(SettingsError, match="use MODEL --share 30%"):
        deploy.compare(store.database, model)


# --- sub-commands --------------------------------------------------------------------------------


@pytest.fixture
def shown(openai_server: OpenAIServer, home: Path) -> Callable[..., str]:
    """What a sub-command says: `shown("models")`."""
    workspace = Workspace(lambda: Settings.load())

    def say(*words: str) -> str:
        view = run(workspace, list(words))
        assert view is not None and view.html
        return view.plain

    return say


def test_a_model_is_tried_beside_another_and_taken_back(shown: Callable[..., str]) -> None:
    shown("use", BASE)
    assert shown("use", TUNED, "--share", "30%") == (
        f"{TUNED} answers 30 % of the sessions from now on;"
        " `%kagura compare` tells how the ratings differ."
    )
    assert "the other 70 %" in shown("models") and "configured" in shown("models")
    assert shown("use", NEWER, "--share", "100%") == f"{NEWER} answers from now on."
    assert f"This session is answered by {NEWER}: deployed on" in shown("models")
    assert "another one came" in shown("models")
    assert shown("use", "--rollback").startswith(f"Taken back: {NEWER}. This session is answered")
    shown("use", "--rollback")
    assert f"This session is answered by {BASE}: configured." in shown("models")


def test_what_its_owner_trained_is_at_hand(
    shown: Callable[..., str], store: ConversationCollector
) -> None:
    with store.database.write() as connection:
        jobs.add(connection, a_job(state="succeeded", model=TUNED))
        jobs.add(connection, a_job(id="01KARTS8T3HW1QZQ7X9M5N2B4D", state="failed"))

    assert TUNED in shown("use").splitlines() and "None" not in shown("use")


def test_a_plain_choice_answers_in_front_of_what_is_deployed(shown: Callable[..., str]) -> None:
    shown("use", BASE)
    shown("use", TUNED, "--share", "100%")
    assert shown("use", "practice") == "practice answers from now on."
    assert "This session is answered by practice: deployed on" in shown("models")
    assert shown("use", "--rollback") == (
        f"Taken back: practice. This session is answered by {TUNED} from now on."
    )


def test_going_back_after_a_plain_choice_brings_back_both_sides(
    shown: Callable[..., str], assistant: Assistant
) -> None:
    shown("use", BASE)
    shown("use", TUNED, "--share", "30%")

    shown("use", "practice")
    shown("use", "--rollback")

    assert set(answerers(assistant)) == {BASE, TUNED}


def test_models_tells_from_which_job_and_dataset_a_model_comes(
    store: ConversationCollector,
) -> None:
    now = deploy.deploy(store.database, "practice").since
    job = Job("01" * 13, "5f0c1e", "local", "practice", "sft", 3, "succeeded", now)
    deploy.deploy(store.database, TUNED, 0.25, job)
    row = next(one for one in told(store, "models").splitlines() if one.startswith(TUNED))
    assert "job 010101, dataset 5f0c1e" in row and row.endswith("25 % of the sessions")


@pytest.mark.parametrize(
    ("given", "said"),
    [("30%", "30 %"), ("0.125", "12.5 %"), ("３０％", "30 %"), ("33.3 %", "33.3 %")],
)
def test_a_share_is_written_in_several_ways(
    shown: Callable[..., str], given: str, said: str
) -> None:
    assert f" answers {said} of" in shown("use", TUNED, "--share", given)


@pytest.mark.parametrize(
    "words",
    [
        ["use", TUNED, "--share", "0"],
        ["use", TUNED, "--share", "101%"],
        ["use", TUNED, "--share", "30"],
        ["use", TUNED, "--share", "half"],
        ["use", "nonsense", "--share", "30%"],
        ["use", "--rollback"],
        ["compare"],
    ],
    ids=" ".join,
)
def test_bad_input_is_one_line_with_a_cure_and_deploys_nothing(
    shown: Callable[..., str], store: ConversationCollector, words: list[str]
) -> None:
    with pytest.raises(KaguraError) as caught:
        shown(*words)
    assert "\n" not in str(caught.value) and caught.value.cure
    assert deploy.history(store.database) == []
