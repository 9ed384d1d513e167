"""`%kagura data`: look at a dataset before anything is trained on it.

    data                 what is good now becomes a dataset     facts, what was left out, the
    data VERSION         one that was built before              difference, sizes, the first rows
    data --list          all of them
    data --export FILE   one part of it as a trainer wants it

In a notebook the conversations are below, to be worked through, see `curation`: also when there is
nothing to make a dataset of yet.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import click

from kagura_nb.assistant import Assistant
from kagura_nb.datasets import FORMATS, Spec
from kagura_nb.datasets.files import PARTS
from kagura_nb.datasets.formats import METHOD_FORMATS
from kagura_nb.datasets.versions import Placed
from kagura_nb.errors import DatasetError, SettingsError
from kagura_nb.notebook.curation import CurationView
from kagura_nb.notebook.failures import told
from kagura_nb.notebook.scan import MEANING
from kagura_nb.notebook.views import (
    Bar,
    View,
    conversations,
    details,
    excerpt,
    line,
    local,
    table,
)
from kagura_nb.notebook.workspace import Day, Workspace, pass_workspace, program
from kagura_nb.privacy import POLICIES
from kagura_nb.records import Dataset, Method, Row, short
from kagura_nb.store import Selection
from kagura_nb.store.datasets import TRAIN

FIRST = 5
"""Rows shown where no table can be."""
HEADS = ("version", "built", "method", "to learn from", "to measure on", "tokens", "selection")


@click.command()
@click.argument("version", required=False)
@click.option("--method", type=click.Choice(get_args(Method)), help="What it is for.")
@click.option("--policy", type=click.Choice(POLICIES), help="What becomes of personal data.")
@click.option("--session", help="Only this session.")
@click.option("--since", type=Day(), help="Only from this date on, YYYY-MM-DD.")
@click.option("--before", type=Day(), help="Only before this date, YYYY-MM-DD.")
@click.option("--tag", help="Only with this tag.")
@click.option("--model", help="Only what this model answered.")
@click.option("--text", help="Only with these words.")
@click.option("--min-rating", type=click.IntRange(1, 5), help="Only with so many stars; 4 else.")
@click.option("--list", "listed", is_flag=True, help="List the datasets.")
@click.option("--export", type=click.Path(path_type=Path, dir_okay=False), help="Write this file.")
@click.option("--format", type=click.Choice(tuple(FORMATS)), help="For which trainer.")
@click.option("--part", type=click.Choice(PARTS), help="Which rows are written; train else.")
@click.option("--overwrite", is_flag=True, help="Replace the file that is there.")
@pass_workspace
def data(
    workspace: Workspace,
    /,
    version: str | None,
    listed: bool,
    export: Path | None,
    format: str | None,
    part: str | None,
    overwrite: bool,
    **chosen: Any,
) -> View:
    """Make a dataset of what is good now, or show one; list and export them."""
    assistant = workspace.assistant
    given = {name: value for name, value in chosen.items() if value is not None}
    if export is None and (format or part or overwrite):
        raise SettingsError("No file is named", "Add --export FILE")
    if listed:
        return _listing(assistant.datasets.latest())
    try:
        dataset = _dataset(assistant, version, given)
    except DatasetError as error:
        if given or version or export or not assistant.store.count(Selection()):
            raise
        failed = replace(line(told(error)), failed=True)
        return _live(failed, workspace, None, _spec(assistant, {}))
    if export is not None:
        name = format or METHOD_FORMATS[dataset.method]
        return _export(assistant, dataset, export, name, part or TRAIN, overwrite)
    spec = _spec(assistant, given) if version is None else _same(dataset)
    return _live(view(assistant, dataset), workspace, dataset, spec)


def view(assistant: Assistant, dataset: Dataset) -> View:
    """A dataset as text and HTML."""
    shown = _facts(assistant, dataset)
    for warning in dataset.warnings:
        shown += line(f"⚠ {warning}")
    if dataset.left_out:
        rows = [(reason, f"{count:,}") for reason, count in dataset.left_out.items()]
        shown += table("Left out", ("why", "conversations"), rows)
    shown += _sizes(assistant.datasets.spread(dataset))
    try:
        return shown + details("The first rows", sample(assistant, dataset, FIRST))
    except DatasetError as error:
        return shown + line(told(error))


def sample(assistant: Assistant, dataset: Dataset, count: int) -> View:
    """So many rows of a dataset, as they leave.

    Raises:
        DatasetError: its files are gone.
    """
    found = assistant.datasets.first(dataset, 2 * count)
    first = {(one.line.part, one.line.number): one for one in found}  # pairs once
    return _rows(list(first.values())[:count])


def _live(shown: View, workspace: Workspace, dataset: Dataset | None, spec: Spec | None) -> View:
    """With the view below in which conversations are worked through, where there are widgets."""
    assistant = workspace.assistant
    return replace(shown, live=lambda: CurationView(assistant, dataset, spec, workspace.show_again))


def _dataset(assistant: Assistant, version: str | None, given: Mapping[str, Any]) -> Dataset:
    """The one that is named, or a new one of what was chosen."""
    if version is None:
        return assistant.datasets.build(_spec(assistant, given), progress=True)
    if given:
        raise SettingsError(
            "A dataset never changes", "Leave out its version, or what is to be selected"
        )
    return assistant.datasets.get(version)


def _spec(assistant: Assistant, given: Mapping[str, Any]) -> Spec:
    """What was chosen on the command line."""
    chosen = dict(given)
    method = chosen.pop("method", "sft")
    policy = chosen.pop("policy", assistant.settings.training_policy)
    if "before" in chosen:
        chosen["until"] = chosen.pop("before")
    return Spec(Selection(**chosen), method, policy)


def _same(dataset: Dataset) -> Spec | None:
    """By what a dataset was selected, where its words are enough to tell."""
    usual = Spec(method=dataset.method, policy=dataset.policy)
    return usual if usual.words == dataset.selection else None


def _facts(assistant: Assistant, dataset: Dataset) -> View:
    parts = "{:,} to learn from, {:,} to measure on"
    tokens = parts.format(dataset.train_tokens, dataset.validation_tokens)
    if dataset.estimated:
        tokens += "; estimated, without the vocabulary of tiktoken"
    rows = [
        ("for", f"{dataset.method}, of {dataset.selection}"),
        (
            "rows",
            f"{dataset.train_rows:,} to learn from, {dataset.validation_rows:,} to measure on",
        ),
        ("tokens", tokens),
        ("longest row", f"{dataset.longest:,} tokens"),
        ("personal data", f"{dataset.policy}: {MEANING[dataset.policy]}"),
        ("built", f"{local(dataset.created_at)} by kagura-nb {dataset.code}"),
    ]
    if before := assistant.datasets.previous(dataset):
        one = assistant.datasets.difference(before, dataset)
        change = f"{conversations(one.added)} more, {one.removed:,} less, {one.kept:,} the same"
        rows.append((f"against {before.version}", change))
    return table(f"Dataset {dataset.version}", ("what", "value"), rows)


def _sizes(spread: list[tuple[int, int]]) -> View:
    """A histogram: rows by their tokens, each class up to twice as many as the one before."""
    classes: Counter[int] = Counter()
    for tokens, rows in spread:
        classes[(tokens - 1).bit_length()] += rows
    most = max(classes.values(), default=0)
    shown = [
        (f"{2**size // 2 + 1:,} to {2**size:,}", f"{classes[size]:,}", Bar(classes[size] / most))
        for size in range(min(classes, default=0), max(classes, default=-1) + 1)
    ]
    return table("How long the rows are", ("tokens", "rows", ""), shown)


def _rows(first: list[Placed]) -> View:
    """Some rows; the column of what a model shall rather not say is there where it is needed."""
    rows = [
        (short(one.line.conversation_id), one.line.part, one.line.tokens, *_said(one.row))
        for one in first
        if one.row
    ]
    width = 6 if any(row[5] for row in rows) else 5
    heads = ("id", "part", "tokens", "prompt", "reply", "rather not")
    return table("The first rows", heads[:width], [row[:width] for row in rows])


def _said(row: Row) -> tuple[str, str, str]:
    prompt, reply = excerpt(row.messages[-1].content), excerpt(row.reply)
    return (prompt, reply, excerpt(row.rejected or "")) if row.good else (prompt, "", reply)


def _listing(found: list[Dataset]) -> View:
    if not found:
        return line(f"There are no datasets yet. `{program()} data` makes one.")
    return table("Datasets", HEADS, [_listed(one) for one in found])


def _listed(one: Dataset) -> tuple[object, ...]:
    tokens = f"{one.train_tokens + one.validation_tokens:,}"
    rows = f"{one.train_rows:,}", f"{one.validation_rows:,}"
    return one.version, local(one.created_at), one.method, *rows, tokens, one.selection


def _export(
    assistant: Assistant, dataset: Dataset, path: Path, format: str, part: str, overwrite: bool
) -> View:
    count = assistant.datasets.write(dataset, part, format, path, overwrite=overwrite)
    return line(f"Wrote {count:,} rows of dataset {dataset.version} to {path} as {format}.")
