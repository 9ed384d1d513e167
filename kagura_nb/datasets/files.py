"""The files of a user's datasets, and the key that makes fakes.

    <user's folder>/datasets/<version>/train.jsonl, validation.jsonl, fakes.json
    <user's folder>/surrogate.key

A version is a hash of its rows' files: what is not what was built is never taken for it.
"""

import hashlib
import json
import secrets
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from kagura_nb.errors import DatasetError
from kagura_nb.ownership import own_folder
from kagura_nb.records import Dataset, Method, Policy
from kagura_nb.settings import Settings
from kagura_nb.store.datasets import TRAIN, VALIDATION

PARTS = (TRAIN, VALIDATION)
DRAFT = "draft-"
FAKES_FILE = "fakes.json"
KEY_FILE = "surrogate.key"
KEY_BYTES = 32


def version_of(folder: Path, method: Method, policy: Policy) -> str:
    """The version of the dataset with the files in a folder.

    Raises:
        OSError: they cannot be read.
    """
    digest = hashlib.sha256(f"{method} {policy}\n".encode())
    for part in PARTS:
        with (folder / f"{part}.jsonl").open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]


class Files:
    """The files of all datasets of a user.

    Args:
        settings: name the user and the place.
    """

    def __init__(self, settings: Settings) -> None:
        self._home = settings.user_home
        self._folder = self._home / "datasets"

    def of(self, version: str) -> Path:
        """The folder of a dataset; it may be gone."""
        return self._folder / version

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """An empty folder for what is being made, gone afterwards unless it was kept."""
        if not own_folder(self._folder):
            raise DatasetError(f"{self._folder} is a link", "Remove the link and repeat")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with TemporaryDirectory(
            dir=self._folder, prefix=DRAFT, ignore_cleanup_errors=True
        ) as draft:
            yield Path(draft)

    def sweep(self, known: Collection[str]) -> None:
        """Delete what a process left that was killed: drafts, and datasets that nobody knows."""
        if self._folder.exists() and own_folder(self._folder):
            for one in self._folder.iterdir():
                if one.name not in known:
                    shutil.rmtree(one, ignore_errors=True)

    def keep(self, draft: Path, dataset: Dataset, fakes: Collection[str]) -> None:
        """Let the files of a dataset appear as a whole; those that are there stay, if intact."""
        (draft / FAKES_FILE).write_text(json.dumps(sorted(fakes)))
        target = self.of(dataset.version)
        if target.exists() and not self._is_intact(dataset):
            shutil.rmtree(target)
        if not target.exists():
            draft.rename(target)
            draft.mkdir()

    def part(self, dataset: Dataset, part: str) -> Path:
        """The file of a part.

        Raises:
            DatasetError: it is gone.
        """
        path = self.of(dataset.version) / f"{part}.jsonl"
        if not path.exists():
            raise DatasetError(
                f"The files of dataset {dataset.version} are gone, because a conversation in it"
                " was forgotten or they were deleted",
                "Build it again with `%kagura data`",
            )
        return path

    def require(self, dataset: Dataset) -> None:
        """See that the files are those that have passed the door, a user's own filter included.

        Raises:
            DatasetError: they are not.
        """
        if not self._is_intact(dataset):
            raise DatasetError(
                f"The files of dataset {dataset.version} were changed since they were built",
                "Build it again with `%kagura data`",
            )

    def fakes(self, dataset: Dataset) -> Iterable[str]:
        """What stands in an intact dataset for what is private."""
        found: list[str] = json.loads((self.of(dataset.version) / FAKES_FILE).read_bytes())
        return found

    def remove(self, version: str) -> None:
        """Delete the files of a dataset."""
        if own_folder(self._folder):
            shutil.rmtree(self.of(version), ignore_errors=True)

    def key(self) -> bytes:
        """What makes fakes the same for the same value, and only for this user."""
        path = self._home / KEY_FILE
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with path.open("xb") as file:
                path.chmod(0o600)
                file.write(secrets.token_bytes(KEY_BYTES))
        except FileExistsError:
            pass
        return path.read_bytes()

    def _is_intact(self, dataset: Dataset) -> bool:
        try:
            self.fakes(dataset)
            found = version_of(self.of(dataset.version), dataset.method, dataset.policy)
        except (OSError, ValueError):
            return False
        return found == dataset.version
