"""Every dataset of a user: built, kept, read, compared, thrown away.

A version never changes. When one of its conversations is forgotten its files go; what is left to
know, which model was trained on it, is in the store.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tqdm import tqdm

from kagura_nb.datasets import formats
from kagura_nb.datasets.admission import Admission
from kagura_nb.datasets.ahead import Ahead
from kagura_nb.datasets.build import build
from kagura_nb.datasets.drafts import Spec, drafts
from kagura_nb.datasets.files import PARTS, Files
from kagura_nb.errors import DatasetError
from kagura_nb.privacy import Policy, PrivacyFilter, TrainingDoor
from kagura_nb.records import Dataset, Row, short
from kagura_nb.store import ConversationCollector, Selection, exports, jobs, outside
from kagura_nb.store import datasets as table
from kagura_nb.store.datasets import TRAIN, Difference, Line
from kagura_nb.store.exports import Export

GOOD = Spec()
"""Good conversations, for supervised training."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A conversation of a dataset.

    Args:
        line: what became of it.
        row: what is trained on; None where it was left out.
    """

    line: Line
    row: Row | None


class Datasets:
    """The datasets of one user.

    Args:
        store: has the conversations.
        private: what else counts as private, beside all that always does.
    """

    def __init__(self, store: ConversationCollector, private: PrivacyFilter | None = None) -> None:
        self._store = store
        self._private = private
        self._files = Files(store.settings)
        self.ahead = Ahead(self._look)
        """Looks at conversations before a dataset of them is wanted."""

    def build(self, spec: Spec = GOOD, *, progress: bool = False) -> Dataset:
        """Make a dataset of what the store holds now.

        Args:
            spec: which conversations, for what, under which policy.
            progress: show a bar when it takes over two seconds.

        Raises:
            DatasetError: nothing is left to train on, or the files cannot be written.
            StoreError: the conversations cannot be read.
        """
        door = self._door(spec.policy)
        admission = self._admission(spec, door)
        found = admission.admit(drafts(self._store, spec))
        bar = tqdm(found, "Dataset", delay=2, unit=" rows", disable=not progress)
        try:
            with outside.alone(self._store.database), self._files.draft() as draft:
                dataset, lines = build(bar, spec, draft, estimated=admission.estimated)
                self._files.keep(draft, dataset, door.fakes)
                with self._store.database.write(durable=True) as connection:
                    table.add(connection, dataset, lines)
        except OSError as error:
            raise DatasetError(
                f"The dataset cannot be written ({error.strerror})", "Make room and try again"
            ) from error
        return dataset

    def draft(self) -> AbstractContextManager[Path]:
        """A folder for files on their way to a trainer; it goes if what is in it is forgotten."""
        return self._files.draft()

    def get(self, version: str = "last") -> Dataset:
        """The dataset of a version, or of the beginning of one; `last` is the newest.

        Raises:
            DatasetError: there is none, or more than one.
        """
        with self._store.database.read() as connection:
            if version == "last":
                found = table.latest(connection, 1)
            else:
                found = table.beginning(connection, version)
        if len(found) != 1:
            raise DatasetError(
                f"{version!r} means several datasets"
                if found
                else f"There is no dataset {version!r}: one goes when a conversation in it does, or"
                " it was never built",
                "`%kagura data` builds one, and `%kagura data --list` lists them",
            )
        return found[0]

    def latest(self) -> list[Dataset]:
        """The datasets, newest first."""
        with self._store.database.read() as connection:
            return table.latest(connection)

    def rows(self, dataset: Dataset, part: str = TRAIN) -> Iterator[Row]:
        """The rows of a part, in order.

        Raises:
            DatasetError: its files are gone.
        """
        return formats.read(formats.METHOD_FORMATS[dataset.method], self._files.part(dataset, part))

    def first(self, dataset: Dataset, count: int) -> list[Placed]:
        """The first conversations of a dataset with their rows, what is learned from before what is
        measured on.

        Raises:
            DatasetError: its files are gone.
        """
        with self._store.database.read() as connection:
            lines = table.first(connection, dataset.version, count)
        return self.read(dataset, lines)

    def lines(self, dataset: Dataset, ids: Sequence[str]) -> dict[str, Line]:
        """What became of some conversations, a page of them; others are left out."""
        with self._store.database.read() as connection:
            return table.find(connection, dataset.version, ids)

    def read(self, dataset: Dataset, lines: Collection[Line]) -> list[Placed]:
        """Lines with their rows, as they would leave.

        Raises:
            DatasetError: its files are gone.
        """
        form = formats.METHOD_FORMATS[dataset.method]
        rows: dict[str, dict[int, Row]] = {}
        for part in {one.part for one in lines if one.part in PARTS}:
            numbers = {one.number for one in lines if one.part == part}
            rows[part] = formats.pick(form, self._files.part(dataset, part), numbers)
        return [Placed(one, rows.get(one.part, {}).get(one.number)) for one in lines]

    def spread(self, dataset: Dataset) -> list[tuple[int, int]]:
        """How many rows have how many tokens: (tokens, rows), the fewest tokens first."""
        with self._store.database.read() as connection:
            return table.spread(connection, dataset.version)

    def write(
        self, dataset: Dataset, part: str, format: str, path: Path, *, overwrite: bool = False
    ) -> int:
        """Write a part as a file for a trainer, look at its bytes once more, and count its rows.

        Raises:
            DatasetError: a format that is not for its method, or files that are gone or changed.
            ExchangeError: a file is there and `overwrite` is false, or it cannot be written.
            PrivacyError: something private is in it; nothing is at its place.
        """
        fitting = formats.FITTING[dataset.method]
        if format not in fitting:
            raise DatasetError(
                f"The format {format!r} is not for a dataset to train by {dataset.method} on",
                f"Use {' or '.join(fitting)}",
            )
        path = outside.place(path, overwrite=overwrite)
        with outside.alone(self._store.database):
            rows = self.rows(dataset, part)
            self._files.require(dataset)
            with outside.draft(path) as draft:
                count = formats.write(rows, format, draft)
                self._door(dataset.policy, self._files.fakes(dataset)).check(draft)
                now, known = datetime.now(UTC), outside.digest(draft)
                with self._store.database.write(durable=True) as connection:
                    written = Export(str(path), dataset.version, now, digest=known)
                    exports.add(connection, written)
        return count

    def previous(self, dataset: Dataset) -> Dataset | None:
        """The newest other dataset of the same method that is not younger.

        One that was selected in the same way goes before others.
        """
        older = (
            one
            for one in self.latest()
            if one.method == dataset.method
            and one.created_at <= dataset.created_at
            and one.version != dataset.version
        )
        return min(older, key=lambda one: one.selection != dataset.selection, default=None)

    def difference(self, before: Dataset, after: Dataset) -> Difference:
        """Which conversations a dataset has that an earlier one had not, and the other way."""
        with self._store.database.read() as connection:
            return table.difference(connection, before.version, after.version)

    def discard(self, ids: Sequence[str]) -> tuple[list[str], list[str]]:
        """Throw away the files of every dataset with any of these conversations, also those that
        were written for a trainer, as long as they are what was written.

        Returns:
            The models that were trained on them, as `provider:model`, or the jobs that are at it;
            and a line for each trainer's file that stays.
        """
        with self._store.database.read() as connection:
            versions = sorted(table.holding(connection, ids))
            trained = jobs.trained_on(connection, versions)
            written = [found for one in versions for found in exports.of(connection, one)]
        for version in versions:
            self._files.remove(version)
        stay = [told for one in written if (told := _delete(one))]
        used = {one.dataset for one in trained}
        with self._store.database.write(durable=True) as connection:
            for one in written:
                exports.remove(connection, one.path)
            for version in set(versions) - used:
                table.remove(connection, version)
            self._files.sweep(table.versions(connection))
        return [one.model or f"job {short(one.id)}" for one in trained], stay

    def _look(self, ids: tuple[str, ...]) -> None:
        """Remember of good ones what is clean, for the usual dataset under the usual filter."""
        if self._private is not None:
            return
        spec = Spec(Selection(ids=ids))
        for _ in self._admission(spec, self._door(spec.policy)).admit(drafts(self._store, spec)):
            pass

    def _admission(self, spec: Spec, door: TrainingDoor) -> Admission:
        return Admission(self._store.database, door, spec.method, remember=self._private is None)

    def _door(self, policy: Policy, fakes: Iterable[str] = ()) -> TrainingDoor:
        key = self._files.key() if policy == "surrogate" else b""
        private = PrivacyFilter()
        if self._private is not None:
            private = private.joined(self._private)
        return TrainingDoor(policy, private, key, fakes)


def _delete(one: Export) -> str:
    """Delete a trainer's file, or say why it stays; one that is gone is nothing to speak of."""
    path = outside.found(one.path)
    try:
        if outside.digest(path) == one.digest:
            path.unlink()
            return ""
        reason = "it was changed since it was written for a trainer"
    except FileNotFoundError:
        return ""
    except OSError as error:
        reason = error.strerror or type(error).__name__
    return f"{path} stays and may still say it ({reason}): look yourself"
