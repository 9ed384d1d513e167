"""The bucket of Google Cloud Storage through which training data goes to Vertex AI.

Objects are whole or not there at all, so one that is there is not sent again.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kagura_nb.addresses import check_server
from kagura_nb.errors import KaguraError, MissingExtra, translator
from kagura_nb.providers.vertex import credentials
from kagura_nb.redirects import Redirected, refuse_elsewhere
from kagura_nb.tuning.faults import Stage, TuningFaults

if TYPE_CHECKING:
    from google.cloud import storage

SCHEME = "gs://"
ADDRESS_VARIABLES = ("STORAGE_EMULATOR_HOST", "API_ENDPOINT_OVERRIDE")
"""Environment variables that replace the address of Google Cloud Storage."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of the owner's.

    Args:
        name: without `gs://`.
        project: of Google Cloud that pays for the requests.
        timeout: seconds after which a request, with its repetitions, is given up.
        faults: words for what goes wrong.
    """

    name: str
    project: str
    timeout: float
    faults: TuningFaults

    def put(self, path: Path, name: str) -> str:
        """Send a file unless there is an object of this name, and return its address.

        Raises:
            TuningError: refused.
            ProviderError: not reached.
        """
        with _told(self.faults, "send"):
            blob = self.open().bucket(self.name).blob(name)
            if not blob.exists(**self._patience):
                sent = {"content_type": "application/jsonl", **self._patience}
                blob.upload_from_filename(str(path), **sent)
        return f"{SCHEME}{self.name}/{name}"

    def clear(self, prefix: str) -> None:
        """Delete all objects whose names begin so.

        Raises:
            TuningError: refused.
            ProviderError: not reached.
        """
        client = self.open()
        with _told(self.faults, "look"):
            found = list(client.list_blobs(self.name, prefix=prefix, **self._patience))
            client.bucket(self.name).delete_blobs(found, on_error=_gone, **self._patience)

    def open(self) -> "storage.Client":
        """The client.

        Raises:
            MissingExtra: it is not installed.
            MissingKey: there are no credentials.
            SettingsError: an environment variable holds no address that can be used.
        """
        try:
            from google.cloud import storage
        except ImportError:
            raise MissingExtra(
                "Training at Vertex AI needs google-cloud-storage",
                "Install it with `pip install 'kagura-nb[vertex]'`",
            ) from None
        for name in ADDRESS_VARIABLES:
            if said := os.environ.get(name):
                check_server(name, said)
        client = storage.Client(project=self.project, credentials=credentials()[0])
        client._http.hooks["response"].append(refuse_elsewhere)
        return client

    @property
    def _patience(self) -> dict[str, Any]:
        from google.cloud.storage.retry import DEFAULT_RETRY

        return {"timeout": self.timeout, "retry": DEFAULT_RETRY.with_timeout(self.timeout)}


def bucket_of(address: str) -> str:
    """The bucket of an object's address."""
    return address.removeprefix(SCHEME).partition("/")[0]


def _gone(blob: object) -> None:
    """Another one was faster: what shall not be there is not."""


@translator
def _told(faults: TuningFaults, stage: Stage) -> Iterator[None]:
    """Raise our error for the library's."""
    from google.api_core.exceptions import GoogleAPICallError, RetryError
    from google.auth.exceptions import GoogleAuthError, TransportError
    from requests.exceptions import RequestException

    try:
        yield
    except KaguraError:
        raise
    except Redirected as elsewhere:
        raise faults.redirected(elsewhere, stage) from None
    except GoogleAPICallError as error:
        raise faults.refused(error.code or 500, error.message or "", stage) from None
    except (TransportError, RetryError, RequestException):
        raise faults.unsent() from None
    except GoogleAuthError:
        raise faults.refused(401, "", stage) from None
