"""What each level does for a real model: the same questions, with and without memory and examples.

    pip install xllamacpp
    python -m tests.bench.levels [--owners 0,1] [--levels "none,memory + examples"] [--log FILE]

The model is SmolLM2-135M-Instruct behind a llama.cpp server (`tests.real`), or `--model NAME`.
Every owner's hundred conversations are stored and rated; each question is asked in a session of its
own at temperature 0 and forgotten again. Shares carry Wilson's 95 % interval (Wilson 1927).
"""

import argparse
import json
import math
import os
import socket
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tabulate import tabulate
from ulid import ULID

from kagura_nb import Assistant
from kagura_nb.errors import ProviderError
from kagura_nb.store import Selection
from tests.bench.owners import OWNERS, Owner, conversations, leaking, questions, styled
from tests.real import fetch_weights, serve

LEVELS: Mapping[str, dict[str, bool]] = {
    "none": {"memory": False, "examples": False},
    "memory": {"memory": True, "examples": False},
    "examples": {"memory": False, "examples": True},
    "memory + examples": {"memory": True, "examples": True},
}
MEASURES = ("facts", "general", "untold", "style", "leaks", "failed")
Z = 1.96


@dataclass(slots=True)
class Tally:
    """What was counted of one level."""

    asked: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    turns: int = 0

    def add(self, other: "Tally") -> None:
        """Count what another one has counted as well."""
        self.asked += other.asked
        self.right += other.right
        self.tokens += other.tokens
        self.turns += other.turns

    def note(self, measure: str, right: bool) -> None:
        """Count one reply."""
        self.asked[measure] += 1
        self.right[measure] += right


def wilson(right: int, asked: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927)."""
    if not asked:
        return 0.0, 1.0
    share = right / asked
    middle = (share + Z * Z / (2 * asked)) / (1 + Z * Z / asked)
    spread = Z / (1 + Z * Z / asked)
    spread *= math.sqrt(share * (1 - share) / asked + Z * Z / (4 * asked * asked))
    return max(0.0, middle - spread), min(1.0, middle + spread)


def taught(owner: Owner, home: Path, model: str, base_url: str) -> Assistant:
    """An assistant that has lived through its owner's past."""
    chosen = {"model": model, "temperature": 0.0, "home": home, "prompts": "off"}
    if base_url:
        chosen["base_url"] = base_url
    assistant = Assistant(f"owner-{OWNERS.index(owner)}", **chosen)
    for number, said in enumerate(conversations(owner)):
        kept = assistant.store.collect(said.prompt, said.reply, model, {}, session=f"past-{number}")
        assistant.rate(kept, said.rating)
        if said.correction:
            assistant.correct(kept, said.correction)
    assistant.memory.catch_up()
    return assistant


def measure(assistant: Assistant, owner: Owner, level: str, log: list[dict[str, object]]) -> Tally:
    """Ask everything once at one level."""
    tally = Tally()
    for question in questions(owner):
        session = f"asked-{ULID()}"
        try:
            turn = assistant.ask(question.prompt, session=session, **LEVELS[level])
            reply, tokens = str(turn), turn.usage.prompt_tokens if turn.usage else 0
            tally.note("failed", False)
        except ProviderError as error:
            reply, tokens = f"({error})", 0
            tally.note("failed", True)
        assistant.forget(Selection(session=session))
        tally.tokens += tokens
        tally.turns += 1
        tally.note(question.skill, question.right(reply))
        tally.note("style", styled(owner, reply))
        tally.note("leaks", leaking(reply))
        about = {"owner": owner.name, "level": level, "skill": question.skill}
        right = question.right(reply)
        log.append({**about, "prompt": question.prompt, "reply": reply, "right": right})
    return tally


def rows(tallies: Mapping[tuple[str, str], Tally]) -> Iterator[list[str]]:
    """A row of each language and level."""
    for (group, level), tally in tallies.items():
        cells = []
        for measure in MEASURES:
            right, asked = tally.right[measure], tally.asked[measure]
            low, high = wilson(right, asked)
            cells.append(f"{right}/{asked} ({100 * low:.0f}–{100 * high:.0f})")
        yield [group, level, *cells, f"{tally.tokens / max(1, tally.turns):.0f}"]


def main() -> None:
    """Measure what the arguments say, and print the table."""
    options = _options()
    tallies: dict[tuple[str, str], Tally] = {}
    log: list[dict[str, object]] = []
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        model, base_url = options.model, ""
        if not model:
            weights = fetch_weights(Path(os.environ.get("KAGURA_REAL") or home))
            base_url = stack.enter_context(serve(weights, _free_port(), threads=options.threads))
            model = "openai:SmolLM2"
        for owner in (OWNERS[int(one)] for one in options.owners.split(",")):
            assistant = taught(owner, home, model, base_url)
            for level in options.levels.split(","):
                whole = tallies.setdefault((owner.language, level), Tally())
                whole.add(measure(assistant, owner, level, log))
            assistant.close()
    if options.log:
        Path(options.log).write_text(json.dumps(log, ensure_ascii=False, indent=1), "utf-8")
    print(tabulate(rows(tallies), ["owners", "level", *MEASURES, "tokens"]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--owners", default=",".join(map(str, range(len(OWNERS)))))
    parser.add_argument("--levels", default=",".join(LEVELS))
    parser.add_argument("--model", default="", help="provider:model; SmolLM2 by default")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--log", default="", help="a file for every question and reply")
    return parser.parse_args()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


if __name__ == "__main__":
    main()
