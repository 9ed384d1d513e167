"""When training is offered: once for every so many new good conversations.

    fresh   good conversations that no successful training has seen
    due     fresh >= what was fresh at the latest offer + the threshold,
            or fresh >= the threshold where a training has succeeded since; never while one runs

What was offered is in the store, so it holds for every kernel and after a restart.

    if (offered := offer.due(store)) and offer.made(store, offered):
        job, estimate = offer.plan(store, offered)
"""

from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection

from kagura_nb.datasets import Datasets, Spec
from kagura_nb.privacy import Policy, PrivacyFilter
from kagura_nb.records import GOOD_RATING, Job
from kagura_nb.store import ConversationCollector, Selection, jobs, offers
from kagura_nb.tuning import Estimate, open_jobs
from kagura_nb.tuning.choice import default_backend


@dataclass(frozen=True, slots=True)
class Offer:
    """Training that is worth while now.

    Args:
        number: of the offer, from 1.
        fresh: good conversations that no successful training has seen.
        trainings: that have succeeded.
        min_rating: stars from which a conversation counts as good here.
    """

    number: int
    fresh: int
    trainings: int
    min_rating: int = GOOD_RATING

    @property
    def words(self) -> str:
        """Why it is offered, in a sentence."""
        plural = "s" if self.fresh > 1 else ""
        if self.trainings:
            return f"{self.fresh:,} new good conversation{plural}: enough to train a better model."
        return f"{self.fresh:,} good conversation{plural}: enough to train a model of your own."


def due(store: ConversationCollector, min_rating: int = GOOD_RATING) -> Offer | None:
    """The offer that is to be made now, None where there is none.

    Args:
        store: of the user; its setting `threshold` counts.
        min_rating: stars from which a conversation is good.

    Raises:
        StoreError: the store cannot be read.
    """
    good = Selection(min_rating=min_rating, trainable=True)
    if store.count(good) < store.settings.threshold:
        return None
    with store.database.read() as connection:
        if jobs.under_way(connection):
            return None
        found, wanted = _next(connection, good, store.settings.threshold)
    return found if found.fresh >= wanted else None


def progress(store: ConversationCollector) -> tuple[int, int]:
    """Good conversations that no successful training has seen, and with how many it is offered.

    Raises:
        StoreError: the store cannot be read.
    """
    good = Selection(min_rating=GOOD_RATING, trainable=True)
    with store.database.read() as connection:
        found, wanted = _next(connection, good, store.settings.threshold)
    return found.fresh, wanted


def _next(connection: Connection, good: Selection, threshold: int) -> tuple[Offer, int]:
    """The next offer as it would be made now, and with how many fresh conversations it is due."""
    number, before, known = offers.latest(connection)
    fresh, trainings = offers.fresh(connection, good), offers.trainings(connection)
    wanted = threshold + (before if trainings == known else 0)
    return Offer(number + 1, fresh, trainings, good.min_rating or GOOD_RATING), wanted


def made(store: ConversationCollector, offer: Offer) -> bool:
    """Remember that an offer is made; False where somebody else, here or elsewhere, has made it.

    Raises:
        StoreError: the store cannot be written.
    """
    with store.database.write(durable=True) as connection:
        return offers.add(connection, offer.number, offer.fresh, offer.trainings)


def plan(
    store: ConversationCollector, offer: Offer, private: PrivacyFilter | None = None
) -> tuple[Job, Estimate]:
    """Build the dataset of what is good now, and plan a job on the backend of the settings.

    Args:
        store: of the user.
        offer: that was made.
        private: what else counts as private in the dataset.

    Raises:
        DatasetError: nothing is left to train on.
        KaguraError: the backend refuses, and why.
    """
    policy = cast(Policy, store.settings.training_policy)
    spec = Spec(Selection(min_rating=offer.min_rating), policy=policy)
    dataset = Datasets(store, private).build(spec)
    return open_jobs(store).plan(dataset, default_backend(store.settings))
