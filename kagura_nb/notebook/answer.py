"""One answer under a cell: the reply as it streams, what it is based on, and the stars."""

from contextlib import closing
from typing import Any

import click
from IPython.display import display

from kagura_nb.errors import ReplyStopped
from kagura_nb.notebook.stars import Stars
from kagura_nb.notebook.streaming import Format, StreamingMarkdown
from kagura_nb.notebook.training import offered
from kagura_nb.notebook.views import View, excerpt, hidden_reasoning, line, stars, table
from kagura_nb.notebook.waiting import SignOfLife, in_notebook
from kagura_nb.notebook.workspace import MAGIC, Workspace
from kagura_nb.store.interrupts import deferred
from kagura_nb.turn import Turn


def answer(workspace: Workspace, turn: Turn, form: Format = "md", *, explain: bool = False) -> None:
    """Run a turn and show it.

    Args:
        workspace: takes the rating.
        turn: not begun yet.
        form: md, text, code or json.
        explain: show what was recalled and which examples were shown.

    Raises:
        ReplyStopped: the user interrupted; what had arrived is shown, and stored if not private.
        ProviderError: the model cannot answer; what had arrived is shown and stored.
    """
    stopped = False
    try:
        stopped = _streamed(turn, form)
        with deferred():
            if explain:
                display(explanation(turn))
            if turn.conversation_id and turn.text:
                _offer_stars(workspace, turn.conversation_id)
                workspace.said(workspace.assistant.store.get(turn.conversation_id))
        if turn.conversation_id and turn.text:
            _offer_training(workspace)
    except KeyboardInterrupt:
        stopped = True
    if stopped:
        kept = "what had arrived" if turn.conversation_id else "nothing of it"
        raise ReplyStopped(
            f"The reply was stopped; {kept} is kept", "Run the cell again for a whole one"
        ) from None


def _streamed(turn: Turn, form: Format) -> bool:
    """Show a reply as it arrives, and say whether it was interrupted."""
    sign = SignOfLife(lambda: turn.model)
    shown = StreamingMarkdown(form, sign)
    try:
        with closing(iter(turn)) as pieces:
            for piece in pieces:
                if turn.text == piece:
                    shown.restart()
                shown.update(piece)
    except KeyboardInterrupt:
        return True
    finally:
        with deferred():
            if turn.text:
                shown.finish(provenance(turn))
            else:
                sign.remove()
            if turn.reasoning.strip():
                display(hidden_reasoning(turn.reasoning))
            for notice in filter(None, (shown.notice, *turn.notices)):
                display(line(notice))
    return False


def _offer_training(workspace: Workspace) -> None:
    card = offered(workspace.assistant)
    if card is not None:
        display(card)
    if card is not None and card.live is not None and in_notebook():
        display(card.live())


def provenance(turn: Turn) -> dict[str, Any]:
    """Where a reply comes from, as JSON for the output's metadata."""
    usage = turn.usage
    return {
        "model": turn.model,
        "conversation_id": turn.conversation_id,
        "session": turn.options.session,
        "complete": turn.complete,
        "prompt_tokens": usage and usage.prompt_tokens,
        "completion_tokens": usage and usage.completion_tokens,
        "cost_usd": None if turn.cost is None else str(turn.cost),
    }


def explanation(turn: Turn) -> View:
    """What the reply was based on, with scores."""
    rows: list[tuple[object, ...]] = [
        (
            "recalled",
            f"{one.score:.2f} (words {one.lexical:.2f}, meaning {one.dense:.2f})",
            one.conversation.day(),
            excerpt(one.conversation.prompt),
            "" if one.conversation.poor else excerpt(one.conversation.reply),
        )
        for one in turn.context.recalled
    ]
    rows += [
        (
            "example",
            stars(one.rating),
            one.day(),
            excerpt(one.prompt),
            excerpt(one.reply),
        )
        for one in turn.context.examples
    ]
    if not rows:
        return line("Nothing was recalled and no example was shown.")
    return table("What the reply was based on", ("why", "score", "date", "you", "reply"), rows)


def _offer_stars(workspace: Workspace, conversation_id: str) -> None:
    if in_notebook():
        display(_stars(workspace, conversation_id))
    else:
        click.secho(f"Rate it with {MAGIC} rate last 5 (1 to 5 stars).", fg="bright_black")


def _stars(workspace: Workspace, conversation_id: str) -> Stars:
    assistant = workspace.assistant

    def rate(rating: int | None, comment: str | None) -> str:
        return workspace.rate(conversation_id, rating, comment, assistant)

    shown = Stars(conversation_id, rate)
    workspace.shown[conversation_id] = shown
    return shown
