"""The view in which conversations are worked through, a page of them at a time.

    browser                                    worker thread
    find(filter, order), page(start) ────────> Curation
    act(rate, correct, tag, exclude, ...) ───> on disk, one line, and the page again
    state: rows, what was said, undo  <────────┘
    details(id) ─────────────────────────────> the whole conversation

Nothing runs in the message handler but the submission, so a click is taken whatever thread delivers
it, while a cell runs too. What was found and where it is turned to is kept here, so a view that is
opened later shows the same. The synced state, which notebooks may save, carries no word of a
conversation: what is said travels in messages.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import traitlets

from kagura_nb import effects, offer
from kagura_nb.assistant import Assistant
from kagura_nb.curation import Curation
from kagura_nb.datasets import Spec
from kagura_nb.errors import DatasetError, SettingsError
from kagura_nb.notebook.failures import told
from kagura_nb.notebook.pieces import listed, opened
from kagura_nb.notebook.static import FOLDER, joined
from kagura_nb.notebook.views import conversations, forgotten
from kagura_nb.notebook.wanted import selection
from kagura_nb.notebook.widget import Widget
from kagura_nb.records import BY_USER, Dataset, short
from kagura_nb.screen import printable
from kagura_nb.store import Selection, browse, looked

PAGE = 20
"""Conversations of a page."""
SCRIPTS = (
    "parts.js", "curation_parts.js", "curation_filters.js", "curation_selection.js",
    "curation_rows.js", "curation_list.js", "curation_keys.js", "curation.js",
)  # fmt: skip
_WORKER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kagura-curation")

Changed = Callable[[Sequence[str]], None]
"""Told which conversations got other stars or another comment."""


class CurationView(Widget):
    """Shows conversations, and does to them what its user asks for.

    Args:
        assistant: whose conversations.
        dataset: what was built of them last.
        spec: by which the next one is built; None where that is not known.
        changed: called on the worker thread.
    """

    _esm = joined(*SCRIPTS)
    _css = FOLDER / "curation.css"
    dataset = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        assistant: Assistant,
        dataset: Dataset | None = None,
        spec: Spec | None = None,
        changed: Changed = lambda ids: None,
    ) -> None:
        super().__init__(dataset=dataset.version if dataset else "")
        self._assistant, self._changed = assistant, changed
        self._curation = Curation(assistant, dataset, spec)
        self._shown: dict[str, Any] = {"filter": {}, "order": "time", "descending": True}
        self._start = 0
        self._found = 0  # how often something was looked for
        self.on_msg(lambda _widget, content, _buffers: _WORKER.submit(self._answer, content))

    def __repr__(self) -> str:
        """The line that terminals, nbconvert and viewers without widgets show."""
        count = conversations(self._assistant.store.count(Selection()))
        return f"{count}: a notebook that is running shows them here, to rate, correct and select."

    def answer(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """What the browser is told about a message of its own.

        Args:
            content: `kind`, one of `KINDS`, and what that one takes.
        """
        try:
            return KINDS[content["kind"]](self, content)
        except Exception as error:  # the browser waits for an answer, whatever happens
            return {"kind": "failed", "failed": told(error)}

    def _answer(self, content: Mapping[str, Any]) -> None:
        to = {name: content.get(name) for name in ("view", "serial")}
        self.send({"kind": "taken", **to})
        self.send({**self.answer(content), **to})

    def _open(self, _content: Mapping[str, Any]) -> dict[str, Any]:
        if not self._found:
            self._find(self._shown)
        return self._state() | self._choices()

    def _find(self, content: Mapping[str, Any]) -> dict[str, Any]:
        wanted = {name: content[name] for name in ("filter", "order", "descending")}
        wanted["filter"] = {name: printable(str(one)) for name, one in wanted["filter"].items()}
        if like := wanted["filter"].get("like"):
            self._curation.find_like(like)
        else:
            chosen = selection(wanted["filter"], self.dataset or None)
            order = wanted["order"] if wanted["order"] in browse.ORDERS else "time"
            self._curation.find(chosen, order, descending=bool(wanted["descending"]))
        self._shown, self._start, self._found = wanted, 0, self._found + 1
        looked_at = wanted["filter"].get("holds")  # more types may be known now
        return self._state() | (self._choices() if looked_at else {})

    def _turn(self, content: Mapping[str, Any]) -> dict[str, Any]:
        self._start = max(0, int(content["start"]))
        return self._state()

    def _act(self, content: Mapping[str, Any]) -> dict[str, Any]:
        act, value = content["act"], content.get("value")
        ids = self._all(content) if content.get("all") else tuple(content["ids"])
        if not ids:
            raise SettingsError("No conversation is selected", "Select some first")
        said = ACTS[act](self, ids, value)
        self._changed(ids)
        return self._state(said) | (self._choices() if act == "tag" else {})

    def _all(self, content: Mapping[str, Any]) -> Sequence[str]:
        """All that was found, where that is what its user sees."""
        if content.get("found") != self._found:
            raise SettingsError(
                "Nothing was changed: another view has found others meanwhile",
                "Select again what is meant",
            )
        return self._curation.ids

    def _undo(self, _content: Mapping[str, Any]) -> dict[str, Any]:
        undone = self._curation.undo()
        said = f"{'Taken back' if undone.ids else 'Not taken back'}: {undone.what}."
        if undone.left:
            said += f" Changed meanwhile, so left as it is: {conversations(undone.left)}."
        self._changed(undone.ids)
        return self._state(said)

    def _details(self, content: Mapping[str, Any]) -> dict[str, Any]:
        one = self._assistant.store.get(content["id"])
        placed = None
        if dataset := self._curation.dataset:
            datasets = self._assistant.datasets
            lines = datasets.lines(dataset, [one.id])
            try:
                placed = next(iter(datasets.read(dataset, lines.values())), None)
            except DatasetError:  # what was said is there all the same
                placed = None
        return {"kind": "details", **opened(one, placed)}

    def _build(self, _content: Mapping[str, Any]) -> dict[str, Any]:
        before = self.dataset
        dataset, change = self._curation.build()
        self.dataset = dataset.version
        if dataset.version == before:
            return self._state(f"Nothing changes: it is dataset {before} again.")
        rows = f"{dataset.train_rows:,} to learn from, {dataset.validation_rows:,} to measure on"
        more = change and f"; {change.added:,} more, {change.removed:,} less, {change.kept:,} kept"
        return self._state(f"Built dataset {dataset.version}: {rows}{more or ''}.")

    def _look(self, content: Mapping[str, Any]) -> dict[str, Any]:
        if content.get("stop"):
            self._curation.stop_looking()
            return self._state()
        self._curation.look(lambda left: self.send({"kind": "looking", "left": left}))
        return self._state()

    def _state(self, said: str = "") -> dict[str, Any]:
        last = max(0, (len(self._curation.ids) - 1) // PAGE * PAGE)
        self._start = min(self._start, last)
        return {
            "kind": "state",
            **self._shown,
            "said": printable(said),
            "rows": self._rows(),
            "start": self._start,
            "total": len(self._curation.ids),
            "found": self._found,
            "undo": printable(self._curation.undoable),
            "changed": self._curation.changed,
            "dataset": self.dataset,
            "unlooked": self._curation.unlooked,
        }

    def _rows(self) -> list[dict[str, Any]]:
        found = self._curation.page(self._start, PAGE)
        ids = [one.id for one in found]
        dataset = self._curation.dataset
        lines = self._assistant.datasets.lines(dataset, ids) if dataset else {}
        with self._assistant.store.database.read() as connection:
            looks = looked.find(connection, ids)
        return [listed(one, looks.get(one.id), lines.get(one.id)) for one in found]

    def _choices(self) -> dict[str, Any]:
        with self._assistant.store.database.read() as connection:
            named = asdict(browse.choices(connection))
        return {"choices": {name: list(map(printable, found)) for name, found in named.items()}}

    def _rate(self, ids: Sequence[str], value: int | None) -> str:
        words = "no stars" if value is None else f"{value} stars" if value > 1 else "1 star"
        fields: dict[str, Any] = {"rating": value} | ({"comment": None} if value is None else {})
        self._curation.change(f"{words} for {_named(ids)}", ids, **fields)
        progress = offer.progress(self._assistant.store)
        if len(ids) == 1:
            one = self._assistant.store.get(ids[0])
            return f"{short(one.id)}: {effects.words(one, *progress)}"
        return f"{words.capitalize()} for {_named(ids)}; {effects.ready(*progress)}."

    def _comment(self, ids: Sequence[str], value: str | None) -> str:
        count = self._curation.change(f"a comment on {_named(ids)}", ids, comment=value)
        return _said(count, f"The comment on {_named(ids)} is kept.")

    def _correct(self, ids: Sequence[str], value: str | None) -> str:
        count = self._curation.change(f"a correction of {_named(ids)}", ids, correction=value)
        if value:
            return _said(count, f"{_named(ids)} is corrected: your words count from now on.")
        return _said(count, f"The correction of {_named(ids)} is removed.")

    def _tag(self, ids: Sequence[str], value: str) -> str:
        count = self._curation.tag(f"the tag {value} for {_named(ids)}", ids, value)
        return _said(count, f"Tagged {value}: {_named(ids)}.")

    def _untag(self, ids: Sequence[str], value: str) -> str:
        what = f"the tag {value} off {_named(ids)}"
        count = self._curation.tag(what, ids, value, remove=True)
        return _said(count, f"No longer tagged {value}: {_named(ids)}.")

    def _exclude(self, ids: Sequence[str], value: str | None) -> str:
        reason = (value or "").strip() or BY_USER
        count = self._curation.change(f"{_named(ids)} kept out", ids, excluded=reason)
        return _said(count, f"Kept out of training and examples: {_named(ids)} ({reason}).")

    def _include(self, ids: Sequence[str], _value: None) -> str:
        count = self._curation.change(f"{_named(ids)} let in again", ids, excluded=None)
        return _said(count, f"May train again: {_named(ids)}.")

    def _redact(self, ids: Sequence[str], _value: None) -> str:
        return f"Redacted for good: {conversations(self._curation.redact(ids))}."

    def _forget(self, ids: Sequence[str], _value: None) -> str:
        return forgotten(self._curation.forget(ids))


KINDS: Mapping[str, Callable[[CurationView, Mapping[str, Any]], dict[str, Any]]] = {
    "open": CurationView._open,
    "find": CurationView._find,
    "page": CurationView._turn,
    "act": CurationView._act,
    "undo": CurationView._undo,
    "details": CurationView._details,
    "build": CurationView._build,
    "look": CurationView._look,
}
ACTS: Mapping[str, Callable[[CurationView, Sequence[str], Any], str]] = {
    "rate": CurationView._rate,
    "comment": CurationView._comment,
    "correct": CurationView._correct,
    "tag": CurationView._tag,
    "untag": CurationView._untag,
    "exclude": CurationView._exclude,
    "include": CurationView._include,
    "redact": CurationView._redact,
    "forget": CurationView._forget,
}


def _named(ids: Sequence[str]) -> str:
    return short(ids[0]) if len(ids) == 1 else conversations(len(ids))


def _said(count: int, said: str) -> str:
    return said if count else "Nothing changes: it was so already."
