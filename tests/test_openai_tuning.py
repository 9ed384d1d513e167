"""Fine-tuning at OpenAI and its kin: what goes over the wire, and that a job is paid for once."""

import subprocess
import sys
import traceback
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from servers.loopback import ContractViolation, Fault
from servers.openai_tuning import OpenAITuningServer, check_job
from training import a_dataset, a_job, answer_a_page, start, wait_until, watch, write_rows

from kagura_nb.errors import (
    KaguraError,
    KeyRejected,
    MissingKey,
    OutcomeUnknown,
    RateLimited,
    ServerFailed,
    ServerUnreachable,
    TuningError,
)
from kagura_nb.providers import Sampling, open_provider
from kagura_nb.records import Message
from kagura_nb.settings import Settings
from kagura_nb.tuning.base import Ending
from kagura_nb.tuning.openai import OpenAIBackend

KEY = "sk-test-0123456789abcdef"


@pytest.fixture
def backend(openai_tuning: OpenAITuningServer) -> OpenAIBackend:
    return OpenAIBackend(Settings.load(timeout=5))


# --- a whole job -------------------------------------------------------------------------------


def test_a_job_is_asked_for_exactly_so(
    backend: OpenAIBackend, openai_tuning: OpenAITuningServer, tmp_path: Path
) -> None:
    job = start(backend, tmp_path, options={"batch_size": 2})

    assert openai_tuning.requests[-1].headers["authorization"] == f"Bearer {KEY}"
    assert openai_tuning.posted() == [
        {
            "model": "gpt-4.1-mini",
            "training_file": job.files[0],
            "validation_file": job.files[1],
            "suffix": "kagura",
            "seed": 0,
            "metadata": {"kagura_job": job.id},
            "method": {
                "type": "supervised",
                "supervised": {"hyperparameters": {"n_epochs": 3, "batch_size": 2}},
            },
        }
    ]


def test_preferences_are_trained_with_their_beta(
    backend: OpenAIBackend, openai_tuning: OpenAITuningServer, tmp_path: Path
) -> None:
    job = start(backend, tmp_path, method="dpo", options={"beta": 0.2, "suffix": "x", "seed": 7})

    (body,) = openai_tuning.posted()
    assert body["method"] == {
        "type": "dpo",
        "dpo": {"hyperparameters": {"n_epochs": 3, "beta": 0.2}},
    }
    assert (body["suffix"], body["seed"]) == ("x", 7)
    assert watch(backend, job)[0].state == "succeeded"


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": None},
        {"epochs": 3},
        {"suffix": "x" * 65},
        {"seed": -1},
        {"metadata": {"kagura_job": "x" * 513}},
        {"method": {"type": "kto"}},
        {"method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 51}}}},
        {"method": {"type": "supervised", "supervised": {"hyperparameters": {"beta": 0.1}}}},
        {"method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 2.5}}}},
    ],
)
def test_the_server_refuses_jobs_that_break_the_contract(wrong: dict[str, Any]) -> None:
    with pytest.raises(ContractViolation):
        check_job({"model": "gpt-4.1-mini", "training_file": "file-1", **wrong})


def test_a_job_is_followed_to_a_model_that_answers(
    backend: OpenAIBackend, openai_tuning: OpenAITuningServer, tmp_path: Path
) -> None:
    job = start(backend, tmp_path)

    report, events = watch(backend, job)

    assert (report.state, report.tokens, report.problem) == ("succeeded", 1234, None)
    assert report.model == "openai:ft:gpt-4.1-mini:org:kagura:1"
    assert [one.message for one in events if one.message] == ["Created fine-tuning job"]
    curve = [(one.step, one.steps, one.loss, one.validation_loss) for one in events if one.steps]
    assert curve == [(step, 4, 2 / step, 3 / step) for step in range(1, 5)]
    checkpoint = events[-1]
    assert (checkpoint.step, checkpoint.loss, checkpoint.validation_loss) == (4, 0.5, 0.75)
    provider = open_provider(report.model, backend.settings)
    reply = provider.stream((Message("user", "hello"),), Sampling())
    assert "".join(one.text for one in reply) == "You said: hello"


def test_no_event_is_told_twice(
    backend: OpenAIBackend, openai_tuning: OpenAITuningServer, tmp_path: Path
) -> None:
    job = start(backend, tmp_path)
    report, _ = watch(backend, job)

    assert backend.poll(job, report.seen).events == ()


def test_a_server_without_checkpoints_will_do(
    backend: OpenAIBackend, openai_tuning: OpenAITuningServer, tmp_path: Path
) -> None:
    openai_tuning.has_checkpoints = False

    assert watch(backend, start(backend, tmp_path))[0].state == "succeeded"


@pytest.mark.parametrize("status", ["paused", "a new one"])
def test_an_unknown_status_has_not_ended_and_is_named_once(
    status: str, backend: OpenAIBackend, openai_tuning: OpenAITuningServer, tmp_path: Path
) -> None:
    openai_tuning.course = (status, status, "succeeded")
    job = start(backend, tmp_path)

    first = backend.poll(job, "")
    second = backend.poll(job, first.seen)

    assert (first.state, second.state) == ("running", "running")
    assert first.events[-1].message == f"OpenAI says {status!r}"
    assert second.events == ()
    assert backend.poll(job, second.seen).state == "succeeded"


@pytest.mark.parametrize("error", [{}, None, {"code": None, "message": None}])
def test_a_success_with_an_empty_error_is_a_success(
    error: Any, backend: OpenAIBackend, openai_tuning: OpenAITuningServer, tmp_path: Path
) -> None:
    openai_tuning.ending = {"error": error}

    report, _ = watch(backend, start(backend, tmp_path))

    assert (report.state, report.problem) == ("succeeded", None)


def test_a_success_without_a_model_is_told(
    backend: OpenAIBackend, openai_tuning: OpenAITuningServer, tmp_path: Path
) -> None:
    openai_tuning.ending = {"fine_tuned_model": None}
    job = start(backend, tmp_path)

    report, _ = watch(backend, job)

    assert report.state == "failed"
    assert report.problem and str(job.remote_id) in report.problem


def test_a_failed_job_says_why_without_the_key(
    backend: OpenAIBackend, openai_tuning: OpenAITuningServer, tmp_path: Path
) -> None:
    openai_tuning.course = ("failed",)
    openai_tuning.ending = {"error": {"code": "exceeded_quota", "message": f"{KEY} is poor."}}

    report, _ = watch(backend, start(backend, tmp_path))

    assert report.problem == (
        "OpenAI could not train the model ([key] is poor). "
        "Correct what it names, then train again with `%kagura train`."
    )


def test_rows_that_break_the_contract_fail_the_job(
    backend: OpenAIBackend, openai_tuning: OpenAITuningServer, tmp_path: Path
) -> None:
    report, _ = watch(backend, start(backend, tmp_path, count=9))

    assert report.problem and "9 examples are fewer than 10" in report.problem


def test_a_job_is_cancelled_and_one_that_has_ended_is_left_as_it_is(
    backend: OpenAIBackend, openai_tuning: OpenAITuningServer, tmp_path: Path
) -> None:
    job = start(backend, tmp_path)

    backend.cancel(job)
    backend.cancel(job)

    assert backend.poll(job, "").state == "cancelled"


def test_cleaning_up_deletes_what_the_job_uploaded_and_nothing_else(
    backend: OpenAIBackend, openai_tuning: OpenAITuningServer, tmp_path: Path
) -> None:
    job = start(backend, tmp_path)
    other = backend.upload(a_job(id="another"), tmp_path / "train.jsonl")

    backend.clean_up(a_job(files=(job.files[0], "file-gone")))  # the second was never recorded
    backend.clean_up(job)

    assert list(openai_tuning.kept) == [other]


# --- paid for once -----------------------------------------------------------------------------


def test_a_file_that_is_there_is_not_sent_again(
    backend: OpenAIBackend, openai_tuning: OpenAITuningServer, tmp_path: Path
) -> None:
    path = write_rows(tmp_path / "train.jsonl", "openai")
    first = backend.upload(a_job(), path)
    others = [backend.upload(a_job(id=f"other-{n}"), path) for n in range(4)]  # fill a page

    assert backend.upload(a_job(), path) == first
    assert list(openai_tuning.kept) == [first, *others]


def test_a_file_that_was_sent_twice_is_deleted_twice(
    backend: OpenAIBackend, openai_tuning: OpenAITuningServer, tmp_path: Path
) -> None:
    listing, sending = Fault(), Fault(lost=True, status=500)
    openai_tuning.fail(listing, sending)
    name = backend.upload(a_job(), write_rows(tmp_path / "train.jsonl", "openai"))
    assert len(openai_tuning.kept) == 2

    backend.clean_up(a_job(files=(name,)))

    assert openai_tuning.kept == {}


@pytest.mark.parametrize(
    "fault",
    [
        Fault(lost=True),
        Fault(lost=True, status=500),
        Fault(lost=True, status=408),
        Fault(hang=0.8),
    ],
    ids=["cut", "500", "408", "silent"],
)
@pytest.mark.parametrize("keeps_metadata", [True, False])
def test_a_job_whose_answer_is_lost_is_found_and_never_started_twice(
    fault: Fault, keeps_metadata: bool, openai_tuning: OpenAITuningServer, tmp_path: Path
) -> None:
    backend = OpenAIBackend(Settings.load(timeout=0.4 if fault.hang else 5))
    openai_tuning.keeps_metadata = keeps_metadata
    path = write_rows(tmp_path / "train.jsonl", "openai")
    files, others = ([backend.upload(a_job(id=name), path)] for name in (a_job().id, "later"))
    openai_tuning.fail(fault)

    with pytest.raises(OutcomeUnknown, match="may or may not"):
        backend.submit(a_job(), files)

    (started,) = wait_until(lambda: list(openai_tuning.jobs))
    later = [backend.submit(a_job(id=f"later-{n}"), others) for n in range(4)]  # fill a page
    assert backend.find(a_job(files=tuple(files))) == started
    assert len(openai_tuning.posted()) == 1 + len(later)


def test_a_job_that_was_never_started_is_not_found(
    backend: OpenAIBackend, openai_tuning: OpenAITuningServer, tmp_path: Path
) -> None:
    start(backend, tmp_path, id="another")

    assert backend.find(a_job()) is None


ENDED = "no longer trains models for this account .*config base_url.*--backend local"


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (Fault(status=429, message="slow down"), RateLimited, "slow down"),
        (Fault(status=401), TuningError, "config key openai"),
        (Fault(status=403, code="training_not_available"), TuningError, ENDED),
        (Fault(status=403, message="no role"), TuningError, r"no role.*--backend local"),
        (Fault(status=400, message="bad {key}"), TuningError, r"bad \[key\]"),
        (Fault(status=404, message="no gpt-9"), TuningError, "no gpt-9"),
        (Fault(status=422), TuningError, "refused"),
        (Fault(status=500), OutcomeUnknown, "HTTP 500"),
        (Fault(status=503), OutcomeUnknown, "HTTP 503"),
    ],
    ids=lambda one: f"{one.status}{one.code}" if isinstance(one, Fault) else "",
)
def test_a_refused_start_is_told_in_one_line_and_made_once(
    fault: Fault,
    kind: type[KaguraError],
    said: str,
    backend: OpenAIBackend,
    openai_tuning: OpenAITuningServer,
) -> None:
    openai_tuning.fail(fault)

    with pytest.raises(kind, match=said) as caught:
        backend.submit(a_job(), ["file-1"])

    assert caught.type is kind
    assert "\n" not in str(caught.value)
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert len(openai_tuning.requests) == 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(status=429), RateLimited),
        (Fault(status=401), KeyRejected),
        (Fault(status=500), ServerFailed),
        (Fault(lost=True), ServerUnreachable),
        (Fault(status=404), KeyRejected),
    ],
    ids=["429", "401", "500", "cut", "404"],
)
def test_a_failed_look_may_be_repeated(
    fault: Fault, kind: type[KaguraError], backend: OpenAIBackend, openai_tuning: OpenAITuningServer
) -> None:
    openai_tuning.fail(*[fault] * 3)

    with pytest.raises(kind) as caught:
        backend.poll(a_job(remote_id="ftjob-1"), "")

    assert caught.type is kind


@pytest.mark.parametrize("code", ["", "training_not_available"])
@pytest.mark.parametrize("call", ["poll", "find", "cancel"])
def test_an_account_that_may_not_look_does_not_end_the_job(
    call: str, code: str, backend: OpenAIBackend, openai_tuning: OpenAITuningServer
) -> None:
    openai_tuning.fail(Fault(status=403, code=code, message="no role"))
    arguments = [""] if call == "poll" else []

    with pytest.raises(KeyRejected, match=r"look after its jobs \(no role\)"):
        getattr(backend, call)(a_job(remote_id="ftjob-1"), *arguments)


def test_files_are_not_sent_where_the_vendor_has_ended_it(
    backend: OpenAIBackend, openai_tuning: OpenAITuningServer, tmp_path: Path
) -> None:
    openai_tuning.fail(Fault(status=403, code="training_not_available"))

    with pytest.raises(TuningError, match=ENDED):
        backend.upload(a_job(), write_rows(tmp_path / "train.jsonl", "openai"))


@pytest.mark.parametrize("call", ["poll", "find", "clean_up", "upload", "cancel"])
def test_a_wrong_key_is_told_by_every_call(
    call: str, backend: OpenAIBackend, openai_tuning: OpenAITuningServer, tmp_path: Path
) -> None:
    openai_tuning.key = "another"
    path = write_rows(tmp_path / "train.jsonl", "openai")
    arguments = {"poll": [""], "upload": [path]}.get(call, [])

    with pytest.raises(KeyRejected, match="config key openai"):
        getattr(backend, call)(a_job(remote_id="ftjob-1"), *arguments)


def test_who_is_not_there_was_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    backend = OpenAIBackend(Settings.load(base_url="http://127.0.0.1:9/v1", timeout=2))

    with pytest.raises(ServerUnreachable, match=r"127\.0\.0\.1:9/v1 cannot be reached"):
        backend.submit(a_job(), ["file-1"])


@pytest.mark.parametrize("call", ["submit", "poll", "find"])
def test_an_answer_of_another_form_is_no_answer(
    call: str, backend: OpenAIBackend, openai_tuning: OpenAITuningServer
) -> None:
    openai_tuning.serve = answer_a_page  # type: ignore[method-assign]
    arguments = {"poll": [""], "submit": [["file-1"]]}.get(call, [])
    kind = OutcomeUnknown if call == "submit" else ServerUnreachable

    with pytest.raises(kind, match="gave no answer"):
        getattr(backend, call)(a_job(remote_id="ftjob-1"), *arguments)


# --- refused early -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("job", "dataset", "said"),
    [
        ({}, {"train_rows": 9}, "9 conversations are too few.*at least 10"),
        ({"method": "kto"}, {}, "kto cannot be used.*sft, dpo"),
        ({"epochs": 51}, {}, "51 epochs.*1 to 50"),
        ({"options": {"rank": 8}}, {}, "rank cannot be used.*batch_size"),
        ({"options": {"beta": 0.1}}, {}, "beta cannot be used"),
        ({"options": {"suffix": "x" * 65}}, {}, "1 to 64 characters"),
        ({"options": {"batch_size": 257}}, {}, "257 cannot.*from 1 to 256"),
        ({"options": {"batch_size": 2.5}}, {}, "batch_size = 2.5 cannot be used"),
        ({"options": {"learning_rate_multiplier": "fast"}}, {}, "'fast' cannot.* above 0"),
        ({"options": {"seed": -1}}, {}, "a whole number from 0 to 2147483647"),
        ({"method": "dpo", "options": {"beta": 3}}, {}, "beta = 3 cannot.* above 0, up to 2"),
    ],
)
def test_what_openai_refuses_is_refused_early(
    job: dict[str, Any], dataset: dict[str, Any], said: str, backend: OpenAIBackend
) -> None:
    with pytest.raises(TuningError, match=said):
        backend.check(a_job(**job), a_dataset(**dataset))


def test_a_usable_job_passes_the_check(backend: OpenAIBackend) -> None:
    backend.check(a_job(options={"suffix": "x" * 64, "seed": 0, "batch_size": 256}), a_dataset())
    backend.check(a_job(method="dpo", options={"beta": 0.1}), a_dataset(method="dpo"))


def test_without_a_key_openai_is_refused_early() -> None:
    with pytest.raises(MissingKey, match="config key openai"):
        OpenAIBackend(Settings.load()).check(a_job(), a_dataset())


@pytest.mark.parametrize(
    ("model", "training", "serving"),
    [
        ("gpt-4.1-mini-2025-04-14", date(2027, 1, 6), date(2027, 1, 14)),
        ("gpt-4.1-nano-2025-04-14", date(2026, 10, 23), date(2026, 10, 23)),
        ("gpt-9", date(2027, 1, 6), None),
        ("ft:gpt-4.1-mini-2025-04-14:org:kagura:1", date(2027, 1, 6), date(2027, 1, 14)),
        ("ft:gpt-9:org:kagura:1", date(2027, 1, 6), None),
    ],
)
def test_openai_ends_training_on_a_day_the_model_on_another_and_its_kin_on_none(
    model: str, training: date, serving: date | None
) -> None:
    assert OpenAIBackend(Settings.load()).ends_on(model) == Ending(training, serving)
    kin = OpenAIBackend(Settings.load(base_url="https://elsewhere.example/v1"))
    assert kin.ends_on(model) == Ending()


def test_what_openai_trains_no_more_is_refused_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    with pytest.raises(TuningError, match=r"no more since 2026-10-23.*--backend local"):
        OpenAIBackend(Settings.load()).check(a_job(base_model="gpt-4.1-nano"), a_dataset())


def test_nothing_heavy_is_loaded_to_know_what_openai_can_do() -> None:
    code = (
        "import sys; from kagura_nb.settings import Settings\n"
        "from kagura_nb.tuning.openai import OpenAIBackend\n"
        "from kagura_nb.tuning.vertex import VertexBackend\n"
        "for one in (OpenAIBackend, VertexBackend): one(Settings.load()).ends_on('x')\n"
        "print({'openai', 'google.genai', 'google.cloud.storage'} & sys.modules.keys())"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "set()\n"


# --- a server of somebody else's ---------------------------------------------------------------


def test_a_whole_job_at_a_server_that_others_wrote(
    aimock: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """aimock keeps files and jobs, checks requests, and takes a step each time it is asked."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    backend = OpenAIBackend(Settings.load(base_url=aimock, timeout=5))
    job = start(backend, tmp_path)
    assert backend.upload(job, tmp_path / "train.jsonl") == job.files[0]
    assert backend.find(job) == job.remote_id
    assert backend.find(a_job(id="another")) is None

    report, events = watch(backend, job)

    assert report.state == "succeeded"
    assert report.model and report.model.startswith("openai:ft:gpt-4.1-mini:aimock:kagura:")
    assert report.tokens is not None
    assert [one.message for one in events][-3:-1] == [
        "Training file validated, job queued",
        "Training started",
    ]
    reply = open_provider(report.model, backend.settings).stream(
        (Message("user", "猫の名前は？"),), Sampling()
    )
    assert "".join(one.text for one in reply) == "Tama"

    backend.cancel(job)  # too late, and no error
    backend.clean_up(job)
    backend.clean_up(job)
    assert backend.upload(job, tmp_path / "train.jsonl") != job.files[0]


def test_a_job_is_cancelled_at_a_server_that_others_wrote(
    aimock: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    backend = OpenAIBackend(Settings.load(base_url=aimock, timeout=5))
    job = start(backend, tmp_path)

    backend.cancel(job)

    assert backend.poll(job, "").state == "cancelled"
