"""`%kagura scan`: what is private in the store, where, and what training would make of it.

The report never shows a value. In a notebook its rows have buttons, see `cleaning`; in a terminal
`--exclude` and `--redact` do the same for everything that was found.
"""

from collections.abc import Iterator
from datetime import datetime

import click
from tqdm import tqdm

from kagura_nb.assistant import Assistant
from kagura_nb.errors import SettingsError
from kagura_nb.notebook.cleaning import cleaning
from kagura_nb.notebook.views import Bar, View, conversations, details, line, local, table
from kagura_nb.notebook.workspace import Day, Workspace, pass_workspace
from kagura_nb.privacy import POLICIES, PrivacyFilter
from kagura_nb.privacy import report as reports
from kagura_nb.privacy.extras import EXTRAS
from kagura_nb.privacy.report import Report
from kagura_nb.records import GOOD_RATING, Conversation, short
from kagura_nb.store import Selection

MEANING = {
    "label": "[REDACTED_EMAIL] in its place",
    "surrogate": "a consistent fake in its place",
    "drop": "the conversation is left out",
}


@click.command()
@click.option("--policy", type=click.Choice(POLICIES), help="Only what this one would do.")
@click.option("--good", is_flag=True, help="Only what would be trained on.")
@click.option("--session", help="Only this session.")
@click.option("--since", type=Day(), help="Only from this date on, YYYY-MM-DD.")
@click.option("--before", type=Day(), help="Only before this date, YYYY-MM-DD.")
@click.option("--text", help="Only with these words.")
@click.option("--pattern", multiple=True, help="A pattern of your own, NAME=REGULAR EXPRESSION.")
@click.option("--urls", is_flag=True, help="Every web address counts.")
@click.option("--dates", is_flag=True, help="Dates count.")
@click.option("--private-ips", is_flag=True, help="Private and local addresses count.")
@click.option("--extra", multiple=True, type=click.Choice(EXTRAS), help="A model looks too.")
@click.option("--exclude", is_flag=True, help="Keep what was found out of training.")
@click.option("--redact", is_flag=True, help="Mask what was found in the store, for good.")
@click.option("--yes", is_flag=True, help="Redact, instead of saying what would be done.")
@click.option("--check", is_flag=True, help="Fail when something is found.")
@pass_workspace
def scan(
    workspace: Workspace,
    policy: str | None,
    good: bool,
    session: str | None,
    since: datetime | None,
    before: datetime | None,
    text: str | None,
    pattern: tuple[str, ...],
    urls: bool,
    dates: bool,
    private_ips: bool,
    extra: tuple[str, ...],
    exclude: bool,
    redact: bool,
    yes: bool,
    check: bool,
) -> View:
    """Report what is private in the store, and what training would make of it."""
    private = PrivacyFilter(
        custom_patterns=_patterns(pattern),
        urls=urls,
        dates=dates,
        private_ips=private_ips,
        extras=extra,
    )
    stars = GOOD_RATING if good else None
    selection = Selection(
        session=session, since=since, until=before, text=text, min_rating=stars, trainable=good
    )
    if exclude or redact:
        return _clean(workspace, selection, private, redact=redact, yes=yes)
    report = reports.scan(_read(workspace.assistant, selection), private)
    shown = view(report, policy)
    return View(
        shown.plain,
        shown.html,
        failed=check and bool(report.affected),
        live=(lambda: cleaning(workspace, report, private)) if report.places else None,
    )


def view(report: Report, policy: str | None = None) -> View:
    """A report as text and as HTML.

    Args:
        report: of `privacy.report.scan`.
        policy: show only what this one would do; None shows all.
    """
    looked = f"Looked through {conversations(report.scanned)}"
    if not report.affected:
        return line(f"{looked}: nothing private was found.")
    return (
        line(f"{looked}: something private is in {report.affected:,} of them.")
        + _counts(report)
        + _effects(report, policy)
        + _places(report)
    )


def _counts(report: Report) -> View:
    most = max(found for found, _ in report.counts.values())
    rows = [
        (type, f"{found:,}", f"{holders:,}", Bar(found / most))
        for type, (found, holders) in report.counts.items()
    ]
    return table("What was found", ("type", "findings", "conversations", ""), rows)


def _effects(report: Report, policy: str | None) -> View:
    rows = [
        (name, f"{one.unchanged:,}", f"{one.changed:,}", f"{one.dropped:,}", MEANING[name])
        for name, one in report.effects.items()
        if policy in (None, name)
    ]
    heads = ("policy", "unchanged", "changed", "left out", "personal data; secrets always drop")
    return table("What training would make of the good ones", heads, rows)


def _places(report: Report) -> View:
    rows = [
        (
            short(one.conversation_id),
            local(one.created_at),
            ", ".join(one.types),
            one.excerpt,
        )
        for one in report.places
    ]
    more = report.affected - len(rows)
    caption = f"Where, the {len(rows)} latest of {report.affected:,}" if more else "Where"
    return details(caption, table(caption, ("id", "time", "types", "excerpt"), rows))


def _read(assistant: Assistant, selection: Selection) -> Iterator[Conversation]:
    """The selected conversations, newest first, with a bar when it takes over two seconds."""
    total = assistant.store.count(selection)
    found = assistant.store.iterate(selection, newest_first=True)
    yield from tqdm(found, total=total, desc="Scan", delay=2)


def _clean(
    workspace: Workspace, selection: Selection, private: PrivacyFilter, *, redact: bool, yes: bool
) -> View:
    """Exclude or redact everything in which something is found."""
    assistant = workspace.assistant
    found = (one.id for one in _read(assistant, selection) if not private.is_safe(one))
    if redact and not yes:
        meant = conversations(sum(1 for _ in found))
        return line(f"This would redact {meant} for good. Add --yes to do it.")
    if redact:
        done = assistant.redact(found, private)
        workspace.renew()
        return line(f"Redacted for good: {conversations(done)}.")
    kept_out = [assistant.store.exclude(one, "private") for one in found]
    return line(f"Kept out of training: {conversations(len(kept_out))}.")


def _patterns(given: tuple[str, ...]) -> dict[str, str]:
    parts = [one.partition("=") for one in given]
    if wrong := [name for name, _, form in parts if not form]:
        raise SettingsError(f"{wrong[0]!r} is no pattern", "Write NAME=REGULAR EXPRESSION")
    return {name: form for name, _, form in parts}
