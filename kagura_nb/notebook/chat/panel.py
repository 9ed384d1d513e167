"""The chat panel: a conversation in one widget, in any number of views.

    browser                       kernel, any thread      worker threads
    ask(text) ──────────────────> taken ────────────────> Turn ──> LiveReply
    every view <── turn, reply, reply, … , turn ──────────┘
    open(view), rate, correct … > taken ────────────────> the store
    one view   <── history, source, basis, results ───────┘

A message's handler answers `taken` and hands the work on, so a click counts whatever thread
delivers it, and while a cell computes; the browser says so where no `taken` comes.

Everything that was said travels in messages. The synced state, which notebooks save, carries none.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any

from ulid import ULID

from kagura_nb import deploy
from kagura_nb.assistant import Assistant
from kagura_nb.errors import KaguraError, ReplyStopped, SettingsError
from kagura_nb.notebook.chat import turns
from kagura_nb.notebook.chat.history import window
from kagura_nb.notebook.chat.live import LiveReply
from kagura_nb.notebook.failures import told
from kagura_nb.notebook.finding import find
from kagura_nb.notebook.models import use
from kagura_nb.notebook.static import joined
from kagura_nb.notebook.training import offered
from kagura_nb.notebook.views import View
from kagura_nb.notebook.widget import Widget
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.providers.doors import door
from kagura_nb.providers.line import HungUp, Line
from kagura_nb.records import Conversation
from kagura_nb.screen import printable
from kagura_nb.store import Selection
from kagura_nb.store.sessions import latest
from kagura_nb.turn import Turn

Message = Mapping[str, Any]

SESSIONS = 50
RESULTS = 20
PARTS = ("dom", "kernel", "turn", "header", "log", "composer", "panel")
SCRIPTS = ("parts.js", "rating.js", *(f"panel/{part}.js" for part in PARTS))
STYLES = ("stars.css", "panel/panel.css", "panel/reply.css")
ASKER = ("view", "turn", "serial", "rated")
"""By what a view knows what was answered."""
WRITES = {"rate", "correct"}
"""What must not wait for a page of history."""

_READER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kagura-panel")
_WRITER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kagura-panel-rating")


@dataclass(frozen=True, slots=True)
class Talk:
    """A turn that is under way in a panel.

    Args:
        name: stands in the place of the conversation's id, which it has only at its end.
        session: where it is said.
        turn: its run.
        reply: what the views are sent of it.
    """

    name: str
    session: str
    turn: Turn
    reply: LiveReply

    @property
    def begun(self) -> dict[str, Any]:
        """The turn before anything has come."""
        prompt = turns.cut(self.turn.prompt)
        begun = {"turn": self.name, "prompt": prompt, "blocks": [], "live": True}
        return {**begun, "session": self.session}


class ChatPanel(Widget):
    """Talks with the assistant of a workspace.

    Args:
        workspace: has the assistant, and tells of what is said and rated elsewhere.
    """

    _esm = joined(*SCRIPTS)
    _css = joined(*STYLES)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.session = workspace.assistant.session
        self._workspace = workspace
        self._talk: Talk | None = None
        self._line = Line()
        self.on_msg(lambda _widget, content, _buffers: self._take(content))
        _READER.submit(window, workspace.assistant.store.database, self.session, {})  # to be quick

    def __repr__(self) -> str:
        """The line that terminals, nbconvert and viewers without widgets show."""
        return (
            "The chat panel: `%kagura chat` opens it, `%kagura chat --transcript` writes it down."
        )

    def said(self, one: Conversation) -> None:
        """Show a conversation that was had elsewhere."""
        _READER.submit(self._show, one)

    def rated(self, one: Conversation, status: str) -> None:
        """Show a rating that was given elsewhere."""
        _READER.submit(self._tell, "turn", **turns.facts(one), status=status)

    def changed(self, one: Conversation) -> None:
        """Show a conversation as it is now, where it is on screen."""
        if one.session == self.session:
            _READER.submit(self._show, one, again=True)

    def renew(self) -> None:
        """Read the store again, in every view."""
        self.open_session(self.session)

    def open_session(self, name: str | None, at: str | None = None) -> None:
        """Go on with another session, in every view.

        Args:
            name: of the session; None begins a new one.
            at: the conversation to show first.
        """
        self.session = name or f"session-{ULID()}"
        _READER.submit(self._tell, "session", session=self.session, at=at)

    @property
    def _assistant(self) -> Assistant:
        return self._workspace.assistant

    def _take(self, asked: dict[str, Any]) -> None:
        self._tell("taken", view=asked["view"], serial=asked["serial"])
        if asked["kind"] == "stop":
            self._stop()
        elif asked["kind"] in HANDLERS:
            worker = _WRITER if asked["kind"] in WRITES else _READER
            worker.submit(self._do, asked)

    def _do(self, asked: Message) -> None:
        try:
            HANDLERS[asked["kind"]](self, asked)
        except Exception as error:
            asker = {name: asked[name] for name in ASKER if name in asked}
            self._tell("problem", text=told(error), of=asked["kind"], **asker)

    def _tell(self, kind: str, **more: Any) -> None:
        self.send({"kind": kind, **more})

    def _answer(self, kind: str, asked: Message, **more: Any) -> None:
        self._tell(kind, view=asked["view"], serial=asked["serial"], **more)

    # What is shown.

    def _open(self, asked: Message) -> None:
        found = window(self._assistant.store.database, self.session, asked)
        talk = self._talk
        here = talk if talk and talk.session == self.session and found["later"] is False else None
        if here:
            found["turns"].append(here.begun)
        place = next((name for name in ("before", "after") if name in asked), "all")
        home = self._assistant.session
        shown = {"session": self.session, "home": home, "busy": talk is not None, **found}
        self._answer("history", asked, at=asked.get("at"), place=place, **shown)
        if here:
            here.reply.send_again()
        if place == "all":
            self._choices(asked)

    def _choices(self, _: Message) -> None:
        assistant = self._assistant
        now = assistant.deployment(session=self.session).model
        models = list(dict.fromkeys((now, *deploy.at_hand(assistant.store.database))))
        sessions = [turns.listed(one) for one in latest(assistant.store.database, SESSIONS)]
        where = door(now, assistant.settings)
        told = {"models": models, "sessions": sessions, "session": self.session, "door": where}
        self._tell("choices", model=now, **told)

    def _search(self, asked: Message) -> None:
        found = find(self._assistant, asked["text"], RESULTS)
        items = [turns.found(why, one) for why, one in found]
        self._answer("results", asked, items=items, text=asked["text"])

    def _source(self, asked: Message) -> None:
        one = self._assistant.store.get(asked["turn"])
        self._answer("source", asked, text=printable(one.reply))

    def _basis(self, asked: Message) -> None:
        store = self._assistant.store
        self._answer("basis", asked, items=turns.basis(store, store.get(asked["turn"])))

    def _transcript(self, asked: Message) -> None:
        whole = self._assistant.store.iterate(Selection(session=self.session))
        self._answer("source", asked, text=printable(turns.transcript(list(whole))))

    def _show(self, one: Conversation, **more: Any) -> None:
        self._tell("turn", session=one.session, **turns.shown(one), **more)

    # What is changed.

    def _use(self, asked: Message) -> None:
        try:
            shown = use.main(["--", asked["model"]], standalone_mode=False, obj=self._workspace)
        finally:
            self._choices(asked)
        assert isinstance(shown, View)
        self._tell("notice", text=shown.plain)

    def _session(self, asked: Message) -> None:
        self.open_session(asked.get("name"), asked.get("at"))

    def _rate(self, asked: Message) -> None:
        comment = asked.get("comment")
        status = self._workspace.rate(asked["turn"], asked["rating"], comment)
        one = self._assistant.store.get(asked["turn"])
        saved = {"rating": one.rating, "comment": one.comment or "", "status": status}
        self._tell("rated", turn=one.id, rated=asked["rated"], **saved)
        _READER.submit(self._offer)

    def _offer(self) -> None:
        """Tell of a training that has become worth while."""
        with suppress(KaguraError):  # the rating is saved, and whoever trains is told
            if card := offered(self._assistant):
                self._tell("notice", text=card.plain)

    def _correct(self, asked: Message) -> None:
        assistant = self._assistant
        status = assistant.correct(asked["turn"], asked["text"])
        self._workspace.show_again([asked["turn"]])
        _READER.submit(self._answer, "corrected", asked, status=status)

    # What is said.

    def _ask(self, asked: Message) -> None:
        if self._talk is not None:
            raise SettingsError("A reply is still coming", "Stop it, or wait for its end")
        if self._line.hung_up:
            self._line = Line()
        prompt = (
            asked["text"] if "text" in asked else self._assistant.store.get(asked["turn"]).prompt
        )
        turn = self._assistant.stream(prompt, session=self.session, line=self._line)
        name = f"live-{ULID()}"
        reply = LiveReply(lambda said: self._tell("reply", turn=name, **said))
        self._talk = talk = Talk(name, self.session, turn, reply)
        self._tell("turn", **talk.begun, asker=asked["view"])
        Thread(target=self._run, args=(talk,), name="kagura-turn", daemon=True).start()

    def _run(self, talk: Talk) -> None:
        error = ""
        try:
            with closing(iter(talk.turn)) as pieces:
                for piece in pieces:
                    if talk.turn.text == piece:
                        talk.reply.restart()
                    talk.reply.update(piece)
        except (ReplyStopped, HungUp):
            pass  # the reply is marked as cut
        except Exception as failure:
            error = told(failure)
        self._end(talk, error)

    def _end(self, talk: Talk, error: str) -> None:
        if talk.turn.text:
            talk.reply.finish()
        if self._talk is talk:
            self._talk = None
        known = self._stored(talk)
        known["error"] = error or known.get("error", "")
        of = {"notices": talk.turn.notices, "was": talk.name, "session": talk.session}
        self._tell("turn", **known, **of)

    def _stored(self, talk: Talk) -> dict[str, Any]:
        """What is known about a turn that has ended; little where it could not be stored."""
        try:
            one = self._assistant.store.get(talk.turn.conversation_id or "")
        except KaguraError:
            return {"turn": talk.name, "live": False, "complete": talk.turn.complete}
        for panel in self._workspace.panels:
            if panel is not self:
                panel.said(one)
        facts = turns.facts(one)
        facts["error"] = "" if not one.complete and talk.turn.stopped else facts["error"]
        return facts

    def _stop(self) -> None:
        talk = self._talk
        if talk is None:
            return
        talk.turn.stop()  # before another one may begin, so that none takes the line meanwhile
        if self._talk is talk:
            self._talk = None
        self._tell("stopped", turn=talk.name)


HANDLERS: dict[str, Callable[[ChatPanel, Message], None]] = {
    "open": ChatPanel._open,
    "choices": ChatPanel._choices,
    "search": ChatPanel._search,
    "source": ChatPanel._source,
    "basis": ChatPanel._basis,
    "transcript": ChatPanel._transcript,
    "use": ChatPanel._use,
    "session": ChatPanel._session,
    "rate": ChatPanel._rate,
    "correct": ChatPanel._correct,
    "ask": ChatPanel._ask,
}
"""By the kind of message; each runs on a worker thread, what it raises is shown."""
