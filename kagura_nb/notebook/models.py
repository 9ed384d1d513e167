"""`%kagura use`, `models` and `compare`: which model answers, and whether another does better."""

import re
import unicodedata
from typing import Any

import click

from kagura_nb import deploy
from kagura_nb.assistant import Assistant
from kagura_nb.deploy import Comparison, percent
from kagura_nb.notebook.views import View, line, local, table
from kagura_nb.notebook.workspace import Workspace, pass_workspace, program
from kagura_nb.providers import open_provider
from kagura_nb.providers.doors import door
from kagura_nb.records import short
from kagura_nb.settings import write_file
from kagura_nb.store.deployments import Ratings, Rollout

SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s*(%?)")
OTHERS = "the others"


class Share(click.ParamType[float]):
    """A share as `30%` or `0.3`; what none means is its command's affair."""

    name = "share"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Parse it, or fail with the form that is wanted."""
        match = SHARE.fullmatch(unicodedata.normalize("NFKC", str(value)).strip())
        share = float(match[1]) / (100 if match[2] else 1) if match else -1.0
        if not 0 <= share <= 1:
            self.fail(f"{value!r} is not a share of the sessions like 30%", param, ctx)
        return share


@click.command()
@click.argument("model", required=False)
@click.option("--share", type=Share(), help="Only for this share of the sessions, like 30%.")
@click.option("--rollback", is_flag=True, help="Go back to what answered before.")
@pass_workspace
def use(workspace: Workspace, model: str | None, share: float | None, rollback: bool) -> View:
    """Choose the model that answers from now on: `use openai:gpt-4.1-mini`, or for some sessions
    only, `use MODEL --share 30%`; `use --rollback` goes back. Without a name, list those at hand.
    """
    assistant = workspace.assistant
    if rollback:
        taken = deploy.rollback(assistant.store.database).model
        now = assistant.deployment().model
        return line(f"Taken back: {taken}. This session is answered by {now} from now on.")
    if model is None:
        return _at_hand(assistant)
    open_provider(model, assistant.settings)
    if share is None:
        return _use(workspace, model)
    deploy.deploy(assistant.store.database, model, share)
    if share == 1:
        return line(f"{model} answers from now on.")
    told = f"{model} answers {percent(share)} of the sessions from now on"
    return line(f"{told}; `{program()} compare` tells how the ratings differ.")


@click.command()
@pass_workspace
def models(workspace: Workspace) -> View:
    """Show which model answers which share of the sessions, since when, and what did before."""
    return overview(workspace.assistant)


@click.command()
@click.argument("model", required=False)
@pass_workspace
def compare(workspace: Workspace, model: str | None) -> View:
    """Compare the ratings of a model that has a share of the sessions with those of the others."""
    return comparison(deploy.compare(workspace.assistant.store.database, model))


def overview(assistant: Assistant) -> View:
    """What answers now, and what did before."""
    now, base = assistant.deployment(), deploy.base(assistant.settings)
    rollouts = deploy.history(assistant.store.database)
    answering = deploy.answering(rollouts)
    rows = [(*_about(one), _answers(one, answering)) for one in answering]
    if not any(one.whole for one in answering):
        rows.append((base.model, "", base.reason, _rest(answering)))
    shown = line(f"This session is answered by {now.model}: {now.reason}.")
    shown += line(f"It is {door(now.model, assistant.settings)}.")
    shown += table("What answers", ("model", "since", "from", "answers"), rows)
    before = [
        (*_about(one), percent(one.share), _until(one)) for one in rollouts if one not in answering
    ]
    heads = ("model", "since", "from", "sessions", "until")
    return shown + table("What answered before", heads, before) if before else shown


def comparison(found: Comparison) -> View:
    """Two sides in numbers, and what these say."""
    rows = [_rated(found.model, found.tuned), _rated(OTHERS, found.base)]
    heads = ("side", "conversations", "rated", "good", "95 % interval", "mean stars")
    shown = table(f"{found.model} and what answered the other sessions", heads, rows)
    return shown + line(verdict(found))


def verdict(found: Comparison) -> str:
    """What the ratings say, in words."""
    said = []
    if found.difference is not None:
        by, low, high = (round(100 * one) for one in found.difference)
        said.append(
            f"Good replies of {found.model}: {by:+d} points (95 % interval {low:+d} to {high:+d})."
        )
    lacking = zip((found.model, OTHERS), found.missing, strict=True)
    if needs := [f"{name} {count} more" for name, count in lacking if count]:
        said.append(f"Too early to tell: rate {' and '.join(needs)}.")
    elif not found.decided:
        said.append("Too early to tell: the interval contains 0.")
    else:
        better = found.difference is not None and found.difference[0] > 0
        cure = "" if better else f" Go back with `{program()} use --rollback`."
        said.append(f"{found.model} does {'better' if better else 'worse'}.{cure}")
    said.append("A corrected reply is not good; ratings count as independent of each other.")
    return " ".join(said)


def _use(workspace: Workspace, model: str) -> View:
    """Put a model in front of what is deployed; where nothing is, make it the base one."""
    assistant = workspace.assistant
    if deploy.current(assistant.store.database) is None:
        write_file(assistant.settings.home, {"model": model})
        workspace.reload()
    else:
        deploy.deploy(assistant.store.database, model)
    chosen = workspace.assistant.deployment().model
    if chosen != model:
        return line(f"{model} is saved, but KAGURA_MODEL or %config still says {chosen}.")
    return line(f"{model} answers from now on.")


def _at_hand(assistant: Assistant) -> View:
    now = assistant.deployment().model
    names = dict.fromkeys((now, *deploy.at_hand(assistant.store.database)))
    rows = [(name, "answers now" if name == now else "") for name in names]
    return table("Models at hand", ("use NAME", ""), rows)


def _about(one: Rollout) -> tuple[str, ...]:
    """The model, since when, and where it comes from."""
    made_by = [f"job {short(one.job)}"] if one.job else []
    made_by += [f"dataset {one.dataset}"] if one.dataset else []
    return one.model, local(one.since), ", ".join(made_by)


def _until(one: Rollout) -> str:
    return "another one came" if one.ended_at is None else local(one.ended_at)


def _answers(one: Rollout, answering: list[Rollout]) -> str:
    return _rest(answering[:-1]) if one.whole else f"{percent(one.share)} of the sessions"


def _rest(before: list[Rollout]) -> str:
    """Which sessions are left by the one in front, if there is any."""
    return f"the other {percent(1 - before[0].share)}" if before else "all sessions"


def _rated(name: str, side: Ratings) -> tuple[str, ...]:
    counts = name, f"{side.conversations:,}", f"{side.rated:,}"
    if not side.rated:
        return *counts, "", "", ""
    share, low, high = deploy.wilson(side)
    mean = f"{side.stars / side.starred:.1f}" if side.starred else ""
    return *counts, percent(round(share, 3)), f"{low:.0%} to {high:.0%}", mean
