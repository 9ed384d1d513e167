"""OpenAI with files and fine-tuning jobs: what is uploaded is there, and jobs go on when asked for.

The contract is OpenAI's own API description, limits included, and the SDK's types, closed for
unknown fields. Training files are checked row by row when the job starts to run, as OpenAI does
it: a wrong one fails the job.

server.course = ["running", "succeeded"]    the states of a job, one for each time it is asked for
server.ending = {"error": {}}               what a job that has ended says besides
server.kept, server.jobs, server.contents   what is there
"""

import email
import itertools
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from openai.types.chat import ChatCompletionAssistantMessageParam, ChatCompletionMessageParam
from openai.types.fine_tuning.job_create_params import JobCreateParams
from pydantic import ConfigDict, TypeAdapter, ValidationError

from servers.loopback import Asked, ContractViolation, Fault
from servers.openai_vendor import OpenAIServer, conforms

CLOSED = ConfigDict(extra="forbid")
JOBS_ASKED = TypeAdapter(list[JobCreateParams], config=CLOSED)  # a list, for the config to count
MESSAGES = TypeAdapter(list[ChatCompletionMessageParam], config=CLOSED)
REPLIES = TypeAdapter(list[ChatCompletionAssistantMessageParam], config=CLOSED)
FILE = re.compile(r"/v1/files/([^/]+)")
JOBS = re.compile(r"/v1/fine_tuning/jobs/([^/]+)(?:/(events|checkpoints|cancel))?")
STEPS, START = 4, 1_790_000_000
ENDED = ("succeeded", "failed", "cancelled")


class OpenAITuningServer(OpenAIServer):
    """OpenAI on this machine, training included."""

    course: tuple[str, ...] = ("queued", "running", "running", "succeeded")
    longest_page = 3
    has_checkpoints = True
    keeps_metadata = True
    lists_jobs = True
    """Whether the jobs that are there are listed yet."""
    knows_pages = True
    """Whether a listing goes on where the last page ended."""

    def __init__(self) -> None:
        super().__init__()
        self.ending: dict[str, Any] = {}
        self.kept: dict[str, Any] = {}
        self.contents: dict[str, bytes] = {}
        self.jobs: dict[str, Any] = {}
        self.events: dict[str, list[Any]] = {}
        self.checkpoints: dict[str, list[Any]] = {}
        self._left: dict[str, list[str]] = {}
        self._numbers = itertools.count(1)
        self._mark = uuid4().hex[:6]  # who still polls another server's job does not meet this one

    def posted(self) -> list[Any]:
        """The bodies of all requests that were to start a job."""
        return [one.body for one in self.requests if _starts(one)]

    def serve(self, handler: Any, asked: Asked, fault: Fault) -> None:
        """Answer one request."""
        path = urlsplit(asked.path).path
        if self.key not in (None, self.key_of(asked.headers)):
            handler.refuse(401, "invalid_api_key", "Incorrect API key provided")
        elif path == "/v1/files":
            handler.send(self._files(asked))
        elif found := FILE.fullmatch(path):
            self._delete(handler, found[1])
        elif path == "/v1/fine_tuning/jobs":
            handler.send(self._start(asked.body) if _starts(asked) else self._listed(asked))
        elif found := JOBS.fullmatch(path):
            self._job(handler, asked, found[1], found[2])
        else:
            super().serve(handler, asked, fault)

    def _listed(self, asked: Asked) -> Any:
        return self._page(asked, self.jobs if self.lists_jobs else {})

    def _files(self, asked: Asked) -> Any:
        if asked.method == "GET":
            return self._page(asked, self.kept)
        parts = _parts(asked)
        if parts.get("purpose", (b"", ""))[0] != b"fine-tune" or parts.keys() != {
            "purpose",
            "file",
        }:
            raise ContractViolation(f"a file for training has other fields: {list(parts)}")
        content, name = parts["file"]
        if not name.endswith(".jsonl"):
            raise ContractViolation(f"{name} is no .jsonl file")
        kept = self._made("file", bytes=len(content), filename=name, purpose="fine-tune")
        kept["status"] = "processed"
        self.kept[kept["id"]], self.contents[kept["id"]] = kept, content
        return kept

    def _delete(self, handler: Any, name: str) -> None:
        if self.kept.pop(name, None) is None:
            handler.refuse(404, "", f"No such File object: {name}")
            return
        del self.contents[name]
        handler.send({"id": name, "object": "file", "deleted": True})

    def _start(self, body: Any) -> Any:
        check_job(body)
        for part in ("training_file", "validation_file"):
            if body.get(part) and body[part] not in self.kept:
                raise ContractViolation(f"there is no {part} {body[part]}")
        job = self._made("fine_tuning.job", status="validating_files", error={}, result_files=[])
        job |= {name: body.get(name) for name in ("training_file", "validation_file", "model")}
        job |= {"method": body["method"], "seed": body.get("seed"), "hyperparameters": {}}
        job["metadata"] = body.get("metadata") if self.keeps_metadata else None
        job |= {"fine_tuned_model": None, "trained_tokens": None, "suffix": body.get("suffix")}
        self.jobs[job["id"]] = job
        self._left[job["id"]] = list(self.course)
        self.events[job["id"]], self.checkpoints[job["id"]] = [], []
        self._say(job, "Created fine-tuning job")
        return job

    def _job(self, handler: Any, asked: Asked, name: str, part: str | None) -> None:
        job = self.jobs.get(name)
        if job is None or (part == "checkpoints" and not self.has_checkpoints):
            handler.refuse(404, "", f"there is no {asked.path}")
        elif part == "cancel":
            self._cancel(handler, job)
        elif part:
            listed = {"events": self.events, "checkpoints": self.checkpoints}[part][name]
            handler.send(self._page(asked, {one["id"]: one for one in listed}))
        else:
            self._advance(job)
            handler.send(job)

    def _cancel(self, handler: Any, job: Any) -> None:
        if job["status"] in ENDED:
            handler.refuse(400, "", f"Job has already {job['status']}")
            return
        job["status"] = "cancelled"
        self._left[job["id"]] = []
        handler.send(job)

    def _advance(self, job: Any) -> None:
        """Let the job take its next step."""
        if not (left := self._left[job["id"]]):
            return
        job["status"] = left.pop(0)
        if job["status"] == "running":
            self._train(job)
        if job["status"] in ENDED:
            self._end(job)

    def _train(self, job: Any) -> None:
        try:
            rows = check_rows(self.contents[job["training_file"]], job["method"]["type"])
        except ContractViolation as violation:
            job |= {"status": "failed", "error": {"code": "bad_file", "message": str(violation)}}
            self._left[job["id"]] = []
            return
        done = sum(one["type"] == "metrics" for one in self.events[job["id"]])
        for step in range(done + 1, min(done + STEPS // 2, STEPS) + 1):
            losses = {"train_loss": 2 / step, "full_valid_loss": 3 / step}
            measured = {"step": step, "total_steps": STEPS, **losses}
            self._say(job, f"Step {step}/{STEPS}", measured)
            self._keep(job, step, losses)
        job["rows"] = len(rows)

    def _end(self, job: Any) -> None:
        name = f"ft:{job['model']}:org:{job.pop('suffix')}:{len(self.jobs)}"
        job |= {"finished_at": START, "trained_tokens": 1234}
        job |= {"fine_tuned_model": name} if job["status"] == "succeeded" else {}
        job |= self.ending
        self.models = (*self.models, name)

    def _say(self, job: Any, message: str, data: Any = None) -> None:
        kind = "metrics" if data else "message"
        told = self._made("fine_tuning.job.event", level="info", message=message, type=kind)
        self.events[job["id"]].append({**told, "data": data or {}})

    def _keep(self, job: Any, step: int, losses: Any) -> None:
        if step == STEPS:
            kept = self._made("fine_tuning.job.checkpoint", metrics={"step": step, **losses})
            kept |= {"step_number": step, "fine_tuning_job_id": job["id"]}
            self.checkpoints[job["id"]].append({**kept, "fine_tuned_model_checkpoint": "ft:x"})

    def _page(self, asked: Asked, things: dict[str, Any]) -> Any:
        """A page of a listing, newest first."""
        query = parse_qs(urlsplit(asked.path).query)
        names = list(things)[::-1]
        onward = "after" in query and self.knows_pages
        start = names.index(query["after"][0]) + 1 if onward else 0
        end = start + self.longest_page
        page = [things[name] for name in names[start:end]]
        return {
            "object": "list",
            "data": page,
            "has_more": end < len(names) or not self.knows_pages,
        }

    def _made(self, kind: str, **fields: Any) -> Any:
        number = next(self._numbers)
        prefix = {"file": "file", "fine_tuning.job": "ftjob"}.get(kind, "ftevent")
        name = f"{prefix}-{self._mark}{number}"
        made = {"id": name, "object": kind, "created_at": START + number}
        return {**made, "organization_id": "org", **fields}


def check_job(body: Any) -> None:
    """Raise ContractViolation where a request for a job breaks the contract."""
    try:
        JOBS_ASKED.validate_python([body])
    except ValidationError as error:
        raise ContractViolation(str(error)) from None
    if "hyperparameters" in body:
        raise ContractViolation("hyperparameters belong into the method")
    conforms("CreateFineTuningJobRequest", body)
    metadata = body.get("metadata") or {}
    if len(metadata) > 16 or any(len(k) > 64 or len(v) > 512 for k, v in metadata.items()):
        raise ContractViolation("metadata is too long")  # a limit in words, not in the schema


def check_rows(content: bytes, method: str) -> list[Any]:
    """The rows of a training file; raise ContractViolation where one breaks the contract."""
    rows = [json.loads(line) for line in content.decode("utf-8").splitlines()]
    if len(rows) < 10:
        raise ContractViolation(f"{len(rows)} examples are fewer than 10")
    for row in rows:
        try:
            (_check_pair if method == "dpo" else _check_chat)(row)
        except (ValidationError, KeyError) as error:
            raise ContractViolation(str(error)) from None
    return rows


def _check_chat(row: Any) -> None:
    _check_messages(row["messages"])
    if row.keys() - {"messages", "tools", "parallel_tool_calls"}:
        raise ContractViolation(f"unknown fields in {sorted(row)}")
    if row["messages"][-1]["role"] != "assistant":
        raise ContractViolation("the last message is not the assistant's")


def _check_pair(row: Any) -> None:
    if row.keys() != {"input", "preferred_output", "non_preferred_output"}:
        raise ContractViolation(f"unknown or missing fields in {sorted(row)}")
    _check_messages(row["input"]["messages"])
    for output in (row["preferred_output"], row["non_preferred_output"]):
        REPLIES.validate_python(output)
        _check_messages(output)
        if len(output) != 1:
            raise ContractViolation("an output is one message")


def _check_messages(messages: Any) -> None:
    MESSAGES.validate_python(messages)
    for message in messages:
        conforms("ChatCompletionRequestMessage", message)


def _starts(asked: Asked) -> bool:
    return asked.method == "POST" and asked.path == "/v1/fine_tuning/jobs"


def _parts(asked: Asked) -> dict[str, tuple[bytes, str]]:
    """The parts of a form: content and file name, by name."""
    head = f"content-type: {asked.headers['content-type']}\r\n\r\n".encode()
    form = email.message_from_bytes(head + asked.body)
    return {
        str(part.get_param("name", header="content-disposition")): (
            part.get_payload(decode=True),  # type: ignore[dict-item]
            part.get_filename() or "",
        )
        for part in form.walk()
        if not part.is_multipart()
    }
