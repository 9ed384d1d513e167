"""What a rating changes, in words for the user."""

from kagura_nb.records import GOOD_RATING, Conversation

TAKEN_BACK = "The correction is taken back; the reply counts by its stars again."


def words(one: Conversation, fresh: int, wanted: int) -> str:
    """What the present rating of a conversation means for later replies.

    Args:
        one: rated, or not.
        fresh: good conversations that no successful training has seen.
        wanted: with how many of them training is offered.
    """
    if one.rating is None and not one.liked:
        return "No rating."
    return f"Saved. {ready(fresh, wanted)}; {_effect(one)}."


def ready(fresh: int, wanted: int) -> str:
    """How far the next training is."""
    if fresh < wanted:
        return f"{fresh:,} of {wanted:,} good conversations for training"
    return f"{fresh:,} good conversations, enough for training"


def _effect(one: Conversation) -> str:
    if one.good:
        what = "shown" if one.correction is None else "your correction is shown"
        return f"{what} as an example from now on"
    if one.liked:
        return f"never an example, because {_hindrance(one)}"
    if one.poor:
        return "this reply is not recalled as an answer"
    return f"from {GOOD_RATING} stars on it becomes an example"


def _hindrance(one: Conversation) -> str:
    if one.excluded is not None:
        return "it is kept out of training"
    return "the reply is empty" if one.complete else "the reply was cut short"
