"""Training that offers itself, or begins by itself, while somebody rates replies.

    a rating ──> due? ──> plan ──> told, with what it takes and how to approve it
                            └─ without asking: free, or inside the budget ──> approve ──> a thread
                                                                               goes on with it

Nothing is raised into the program that is rated: whatever prevents training is told in a line.
"""

from collections.abc import Callable
from typing import Any

from kagura_nb import offer
from kagura_nb.datasets import Datasets
from kagura_nb.errors import KaguraError
from kagura_nb.offer import Offer
from kagura_nb.privacy import PrivacyFilter
from kagura_nb.records import Job, short
from kagura_nb.store import ConversationCollector
from kagura_nb.tuning import Estimate, open_jobs
from kagura_nb.tuning.followers import Followers


class Trainer:
    """Looks after the training of one user.

    Args:
        store: of the user.
        announce: is told what happens, a line each, also by other threads.
        min_rating: stars from which a conversation is good.
        unasked: begin without asking where that is free, or inside a budget at a known price.
        private: what else counts as private before training.
    """

    def __init__(
        self,
        store: ConversationCollector,
        announce: Callable[[str], Any],
        min_rating: int,
        unasked: bool,
        private: PrivacyFilter | None,
    ) -> None:
        self._store = store
        self._jobs = open_jobs(store)
        self.announce = announce
        self._min_rating = min_rating
        self._unasked = unasked
        self._private = private
        self._ahead = Datasets(store, private).ahead
        self._followers = Followers()

    def rated(self, conversation_id: str) -> None:
        """Look ahead at a conversation whose rating has changed, then as `look` does."""
        self._ahead.ask([conversation_id])
        self.look()

    def look(self) -> None:
        """Offer or begin training if it is due, and go on with what began in earlier processes."""
        try:
            if self._unasked:
                self._take_up()
            offered = offer.due(self._store, self._min_rating)
            if offered and offer.made(self._store, offered):
                self.announce(f"{offered.words} {self._answer(offered)}")
        except Exception as error:  # whoever rates a reply shall not suffer from its training
            self.announce(f"Training cannot be offered: {error}")

    def _answer(self, offered: Offer) -> str:
        try:
            job, estimate = offer.plan(self._store, offered, self._private)
        except KaguraError as error:
            return f"It cannot be trained now: {error}"
        user = self._store.settings.user
        begin = f"`kagura-nb jobs {short(job.id)} --approve --user-id {user}` begins it."
        needs = f"{job.base_model} at {job.backend}: {estimate}"
        if not self._unasked:
            return f"{needs}. {begin}"
        if why := _prevents(estimate):
            return f"{needs}. It is not begun without you, because {why}. {begin}"
        try:
            self._follow(self._jobs.approve(job))
        except KaguraError as error:
            return f"{needs}. It is not begun: {error} After that {begin}"
        return f"Its training has begun. {needs}."

    def _take_up(self) -> None:
        for job in self._jobs.sought():
            self._follow(job)

    def _follow(self, job: Job) -> None:
        self._followers.follow(job, lambda: self._go_on(job))

    def _go_on(self, job: Job) -> None:
        try:
            for _ in self._jobs.watch(job):
                pass
            ended = self._jobs.get(job.id)
        except KaguraError as error:
            self.announce(f"Training {short(job.id)} is not watched any more: {error}")
            return
        if job.ended:
            return  # that was announced then; only its rows were still to be deleted
        result = f"{ended.model} answers from now on." if ended.model else ended.problem or ""
        self.announce(f"Training {short(ended.id)} {ended.state}. {result}".strip())


def _prevents(estimate: Estimate) -> str:
    """Why a job may not begin without asking; empty where it may, as far as the price goes."""
    if estimate.cost is None:
        return "its price is unknown"
    if estimate.cost and estimate.left is None:
        return "no `monthly_budget` allows what it costs"
    return ""
