"""`%kagura import` and `%kagura export`: conversations from elsewhere, and out again.

import conversations.json       what ChatGPT, Claude and others export; what was there stays
import ratings.csv              stars, comments, corrections, tags of many at once
export mine.jsonl               all, or what options choose; `import` takes it in again
"""

from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Any

import click

from kagura_nb.exchange import FORMATS, WRITERS, Report
from kagura_nb.exchange.ratings import RATINGS
from kagura_nb.notebook.choosing import choosing, chosen
from kagura_nb.notebook.rating import told
from kagura_nb.notebook.views import View, conversations, line, table
from kagura_nb.notebook.workspace import Workspace, pass_workspace, program
from kagura_nb.store import Selection

RAW = "It has every word as it was said, unmasked: keep it as private as the store."


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", type=click.Choice(FORMATS), help="Of the file; it is found out else.")
@pass_workspace
def import_(workspace: Workspace, /, file: Path, format: str | None) -> View:
    """Take in conversations, with their ratings: of ChatGPT, Claude, Gemini, Open WebUI, LibreChat
    or jupyter-ai, of datasets in JSON, of Markdown or `export`; or ratings from a table. What is
    there already stays as it is.
    """
    report = workspace.assistant.import_file(file, format, progress=True)
    workspace.show_again(report.changed)
    shown = line(_summary(report, file))
    if report.broken:
        shown += line(f"⚠ {report.broken}. What came before is taken in.")
    if report.skipped:
        rows = [
            (why, f"{count:,}", "\n".join(report.places[why]))
            for why, count in report.skipped.items()
        ]
        shown += table("Not taken over", ("what", "how many", "for example"), rows)
    return replace(shown, failed=bool(report.broken or report.stopped))


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--format", type=click.Choice(tuple(WRITERS)), help="How; by the name's ending else.")
@choosing
@click.option("--min-rating", type=click.IntRange(1, 5), help="Only with so many stars.")
@click.option("--overwrite", is_flag=True, help="Replace the file that is there.")
@pass_workspace
def export(
    workspace: Workspace, /, file: Path, format: str | None, overwrite: bool, **given: Any
) -> View:
    """Write conversations to a file: `kagura` has all that is known of them, `messages` and
    `sharegpt` are for other programs, `markdown` is for people. It holds raw text.
    """
    written = workspace.assistant.export_file(
        file, chosen(**given) or Selection(), format, overwrite=overwrite, progress=True
    )
    said = f"Wrote {conversations(written.count)} to {written.path} as {written.format}."
    if written.left_out:
        said += f" {written.left_out:,} without a reply were left out."
    return line(f"{said} {RAW} What you forget later goes from it too.")


def _summary(report: Report, file: Path) -> str:
    if report.format == RATINGS:
        return told(report, f"Changed {conversations(report.done)}.")
    said = [f"Took in {conversations(report.done)} from {file.name} ({report.format})."]
    if report.known:
        said.append(f"Already there: {report.known:,}.")
    if report.stopped:
        said.append(f"Stopped: `{program()} import {quote(str(file))}` goes on with the rest.")
    if report.done:
        said.append("Memory learns them in the background.")
    return " ".join(said)
