"""Vertex AI: tuning jobs, tuned models that answer, and the server that hands out access tokens.

The contract is Google's own discovery document, as it comes with google-api-python-client: every
body must fit its schema, closed for unknown and for read-only fields. The rows of training files
are checked against the same document when a job starts to run; they are read from the bucket of
the emulator that STORAGE_EMULATOR_HOST names.

server.course = ["JOB_STATE_RUNNING", …]     the states of a job, one for each time it is asked for
server.ending = {"error": {…}}               what a job that has ended says besides
server.jobs                                  what is there
"""

import json
import os
import re
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from urllib.request import urlopen

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from servers.gemini_vendor import GeminiServer, check_content
from servers.loopback import Asked, ContractViolation, Fault

PARENT = "projects/kagura-tests/locations/us-central1"
JOBS = re.compile(rf"/v1beta1/({PARENT}/tuningJobs)")
JOB = re.compile(rf"/v1beta1/({PARENT}/tuningJobs/\d+)(:cancel)?")
ENDPOINT = re.compile(rf"/v1beta1/({PARENT}/endpoints/\d+):streamGenerateContent\?alt=sse")
TOKEN = "ya29.access-token-of-the-tests"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCHEMA = "GoogleCloudAiplatformV1beta1"
SPECS = {"supervisedTuningSpec": "supervised", "preferenceOptimizationSpec": "preference"}
LABEL = re.compile(r"[a-z][a-z0-9_-]{0,62}")
ENDED = ("SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class VertexServer(GeminiServer):
    """Vertex AI in one region, for one project."""

    course: tuple[str, ...] = (
        "JOB_STATE_PENDING",
        "JOB_STATE_RUNNING",
        "JOB_STATE_RUNNING",
        "JOB_STATE_SUCCEEDED",
    )
    page_size = 2
    lists_jobs = True
    """Whether the jobs that are there are listed yet."""
    signs_in = True
    """Whether the credentials are accepted."""

    def __init__(self) -> None:
        super().__init__()
        self.ending: dict[str, Any] = {}
        self.jobs: dict[str, Any] = {}
        self._left: dict[str, list[str]] = {}

    def posted(self) -> list[Any]:
        """The bodies of all requests that were to start a job."""
        return [one.body for one in self.requests if _starts(one)]

    def next_fault(self) -> Fault:
        """Faults are for the requests that follow the sign-in."""
        return Fault() if self.requests[-1].path == "/token" else super().next_fault()

    def serve(self, handler: Any, asked: Asked, fault: Fault) -> None:
        """Answer one request."""
        path = urlsplit(asked.path).path
        if path == "/token":
            self._sign_in(handler, asked)
        elif asked.headers.get("authorization") != f"Bearer {TOKEN}":
            handler.refuse(401, "UNAUTHENTICATED", "Request had invalid authentication")
        elif JOBS.fullmatch(path):
            handler.send(self._start(asked.body) if _starts(asked) else self._page(asked))
        elif found := JOB.fullmatch(path):
            self._job(handler, found[1], bool(found[2]))
        elif found := ENDPOINT.fullmatch(asked.path):
            check_content(asked.body)
            handler.stream(self._events(asked.body, self.next_text(asked.body)), fault)
        else:
            handler.refuse(404, "NOT_FOUND", f"there is no {asked.path}")

    def credentials(self, folder: Path) -> Path:
        """A service account's file whose access tokens this server hands out."""
        account = {
            "type": "service_account",
            "client_email": "tests@kagura-tests.iam.gserviceaccount.com",
            "private_key": _private_key(),
            "token_uri": f"{self.url}/token",
        }
        path = folder / "service-account.json"
        path.write_text(json.dumps(account))
        return path

    def _sign_in(self, handler: Any, asked: Asked) -> None:
        if not self.signs_in or parse_qs(asked.body.decode())["grant_type"] != [GRANT]:
            handler.send({"error": "invalid_grant", "error_description": "Account gone"}, 400)
            return
        handler.send({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})

    def _start(self, body: Any) -> Any:
        check_job(body)
        name = f"{PARENT}/tuningJobs/{len(self.jobs) + 1}"
        job = {**body, "name": name, "state": "JOB_STATE_PENDING", "createTime": _time(0)}
        self.jobs[name] = {**job, "updateTime": _time(0)}
        self._left[name] = list(self.course)
        return self.jobs[name]

    def _page(self, asked: Asked) -> Any:
        query = parse_qs(urlsplit(asked.path).query)
        start = int(query.get("pageToken", ["0"])[0])
        names = list(self.jobs)[::-1] if self.lists_jobs else []
        end = start + self.page_size
        page = {"tuningJobs": [self.jobs[name] for name in names[start:end]]}
        return {**page, "nextPageToken": str(end)} if end < len(names) else page

    def _job(self, handler: Any, name: str, cancelled: bool) -> None:
        if name not in self.jobs:
            handler.refuse(404, "NOT_FOUND", f"The TuningJob {name} does not exist.")
        elif cancelled and _has_ended(self.jobs[name]):
            handler.refuse(400, "FAILED_PRECONDITION", "The job has ended.")
        elif cancelled:
            self.jobs[name]["state"], self._left[name] = "JOB_STATE_CANCELLED", []
            handler.send({})
        else:
            self._advance(self.jobs[name])
            handler.send(self.jobs[name])

    def _advance(self, job: Any) -> None:
        """Let the job take its next step."""
        left = self._left[job["name"]]
        if not left:
            return
        job["state"] = left.pop(0)
        job["updateTime"] = _time(len(self.course) - len(left))
        if job["state"] == "JOB_STATE_RUNNING":
            self._train(job)
        if _has_ended(job):
            self._end(job)

    def _train(self, job: Any) -> None:
        ((spec, kind),) = [one for one in SPECS.items() if one[0] in job]
        try:
            rows = check_rows(_content(job[spec]["trainingDatasetUri"]), kind)
        except ContractViolation as violation:
            error = {"code": 3, "message": str(violation)}
            job |= {"state": "JOB_STATE_FAILED", "error": error}
            self._left[job["name"]] = []
            return
        counted = {"totalBillableTokenCount": "500", "tuningStepCount": str(len(rows))}
        stats = {"supervised": "supervisedTuning", "preference": "preferenceOptimization"}[kind]
        job["tuningDataStats"] = {f"{stats}DataStats": counted}
        job["tuningJobState"] = "TUNING_JOB_STATE_TUNING"
        done = job.get("tuningJobMetadata", {}).get("completedEpochCount", "-1")
        job["tuningJobMetadata"] = {"completedEpochCount": str(int(done) + 1)}

    def _end(self, job: Any) -> None:
        if job["state"].endswith("SUCCEEDED"):
            job["tunedModel"] = {"model": f"{PARENT}/models/7@1"}
            job["tunedModel"]["endpoint"] = f"{PARENT}/endpoints/{len(self.jobs)}"
        job |= self.ending


def check_job(body: Any) -> None:
    """Raise ContractViolation where a request for a job breaks the contract."""
    _check("TuningJob", body)
    spec = [body[name] for name in SPECS if name in body]
    if len(spec) != 1 or not spec[0].get("trainingDatasetUri", "").startswith("gs://"):
        raise ContractViolation("a job has one kind of tuning, and its rows in a bucket")
    for name, value in body.get("labels", {}).items():
        if not LABEL.fullmatch(name) or not re.fullmatch(r"[a-z0-9_-]{0,63}", value):
            raise ContractViolation(f"{name}={value} is no label")
    if len(body.get("tunedModelDisplayName", "")) > 128:
        raise ContractViolation("the name of the tuned model is too long")


def check_rows(content: bytes, kind: str) -> list[Any]:
    """The rows of a training file; raise ContractViolation where one breaks the contract."""
    rows = [json.loads(line) for line in content.decode("utf-8").splitlines()]
    for row in rows:
        last = "user" if kind == "preference" else "model"
        system = row.pop("systemInstruction", None) if kind == "supervised" else None
        _check("GenerateContentRequest" if kind == "supervised" else "GeminiPreferenceExample", row)
        if system:
            _check("Content", system)
        if row["contents"][-1]["role"] != last:
            raise ContractViolation(f"the contents do not end with the {last}")
        scores = sorted(one["score"] for one in row.get("completions", ()))
        if kind == "preference" and scores != [0, 1]:
            raise ContractViolation(f"the scores are {scores}")
    return rows


def _check(schema: str, body: Any) -> None:
    try:
        Draft202012Validator({"$ref": SCHEMA + schema}, registry=_contract()).validate(body)
    except ValidationError as error:
        raise ContractViolation(f"{error.json_path}: {error.message}") from None


@cache
def _contract() -> "Registry[Any]":
    """The schemas of Google's discovery document, closed."""
    folder = files("googleapiclient") / "discovery_cache" / "documents"
    text = (folder / "aiplatform.v1beta1.json").read_text("utf-8")
    schemas = json.loads(text, object_hook=_closed)["schemas"]
    return Registry().with_resources(
        (name, DRAFT202012.create_resource(schema)) for name, schema in schemas.items()
    )


def _closed(value: dict[str, Any]) -> dict[str, Any]:
    """A schema that lets in neither unknown nor read-only fields, and numbers for int64."""
    if value.get("type") == "object" and "properties" in value:
        fields = {k: v for k, v in value["properties"].items() if not v.get("readOnly")}
        return {**value, "properties": fields, "additionalProperties": False}
    if value.get("format") == "int64":
        return {**value, "type": ["string", "integer"]}
    return {k: v for k, v in value.items() if (k, v) != ("type", "any")}


@cache
def _private_key() -> str:
    return (
        rsa.generate_private_key(65537, 2048)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


def _content(address: str) -> bytes:
    """What an object in the emulator's bucket holds."""
    bucket, _, name = address.removeprefix("gs://").partition("/")
    host = os.environ["STORAGE_EMULATOR_HOST"]
    url = f"{host}/storage/v1/b/{bucket}/o/{quote(name, safe='')}?alt=media"
    with urlopen(url) as answer:
        content: bytes = answer.read()
    return content


def _has_ended(job: Any) -> bool:
    return str(job["state"]).removeprefix("JOB_STATE_") in ENDED


def _starts(asked: Asked) -> bool:
    return asked.method == "POST" and bool(JOBS.fullmatch(asked.path))


def _time(minute: int) -> str:
    return NOW.replace(minute=minute).isoformat().replace("+00:00", "Z")
