"""Google's Vertex AI, where Gemini models are tuned and the tuned ones answer.

It takes no key but the Google Cloud credentials of this machine (Application Default Credentials),
and a project. One client is kept for each place; once its credentials are refused it is forgotten,
so that a new sign-in counts at once.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from kagura_nb import keys
from kagura_nb.errors import KeyRejected, MissingKey, ProviderError, raise_alone
from kagura_nb.providers.faults import Faults, quoted
from kagura_nb.providers.line import Line
from kagura_nb.redirects import client_arguments, session
from kagura_nb.settings import Settings

if TYPE_CHECKING:
    from google import genai
    from google.auth.credentials import Credentials

VENDOR = "vertex"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
SIGN_IN = (
    "Sign in with `gcloud auth application-default login`, or let GOOGLE_APPLICATION_CREDENTIALS "
    "name a service account's file"
)
RESOURCE = re.compile(r"projects/([^/]+)/locations/([a-z]+-[a-z]+[0-9]+)/\w+/[^/]+")
"""The full name of anything there, with its project and its region."""
ATTEMPTS = 3
"""How often a request is made that may be made again: on 429, 5xx and a failed connection."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is or shall be.

    Args:
        project: of Google Cloud.
        location: its region.
        address: the region's base URL.
        timeout: seconds without an answer after which a request is given up.
    """

    project: str
    location: str
    address: str
    timeout: float


class VertexFaults(Faults):
    """The failures of a tuned model, which is reached with credentials and not with a key."""

    def rejected(self) -> ProviderError:
        """The credentials are wrong or have expired."""
        return KeyRejected(
            f"{self.title} does not accept the Google Cloud credentials of this machine", SIGN_IN
        )

    def forbidden(self, said: str) -> ProviderError:
        """The credentials are right and may not do this."""
        return KeyRejected(
            f"{self.title} does not let this account use {self.model}{quoted(said)}",
            "Give it the role roles/aiplatform.user in the project, or choose another model with "
            "`%kagura use`",
        )


def place(project: str, location: str, settings: Settings) -> Place:
    """A project's place in a region."""
    address = keys.address(VENDOR, settings.with_(vertex_location=location))
    return Place(project, location, address, settings.timeout)


def place_of(resource: str, settings: Settings) -> Place | None:
    """Where something is by its full name; None where it is no full name."""
    named = RESOURCE.fullmatch(resource)
    return named and place(named[1], named[2], settings)


def credentials() -> "tuple[Credentials, str]":
    """This machine's credentials, and the project that they name; empty where they name none.

    Raises:
        MissingKey: there are none.
    """
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError

    # It warns where the credentials name no project, also if the settings do.
    logging.getLogger("google.auth._default").setLevel(logging.ERROR)
    try:
        found, project = google.auth.default(scopes=[SCOPE])
    except DefaultCredentialsError:
        raise_alone(MissingKey("There are no Google Cloud credentials on this machine", SIGN_IN))
    return _direct()(found), project or ""


@cache
def _direct() -> "Callable[[Credentials], Credentials]":
    """The class of credentials that ask for their access token at their own address alone."""
    from google.auth.credentials import Credentials
    from google.auth.transport.requests import Request

    class Direct(Credentials):
        def __init__(self, found: Credentials) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self._found = found
            self._quota_project_id = found.quota_project_id
            self._universe_domain = found.universe_domain

        def refresh(self, _request: object) -> None:
            self._found.refresh(Request(session()))  # type: ignore[no-untyped-call]
            self.token, self.expiry = self._found.token, self._found.expiry

        def apply(self, headers: dict[str, str], token: str | None = None) -> None:
            self._found.apply(headers, token or self.token)  # type: ignore[no-untyped-call]

    return Direct


@lru_cache(maxsize=8)
def connect(place: Place, line: Line | None = None) -> "genai.Client":
    """One client of a line, with its open connections and its access token.

    Raises:
        MissingKey: there are no credentials.
    """
    from google import genai
    from google.genai import types

    retries = types.HttpRetryOptions(attempts=ATTEMPTS, initial_delay=0.5, jitter=0.5)
    patience = round(place.timeout * 1000)
    options = types.HttpOptions(
        base_url=place.address,
        timeout=patience,
        retry_options=retries,
        client_args=client_arguments(place.address, line.hooks if line else None),
    )
    return genai.Client(
        vertexai=True,
        project=place.project,
        location=place.location,
        credentials=credentials()[0],
        http_options=options,
    )
