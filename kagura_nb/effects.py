"""What a rating changes, in words for the user."""

from kagura_nb.records import GOOD_RATING, Conversation

TAKEN_BACK = "The correction is taken back; the reply counts by its stars again."


def words(one: Conversation, ready: int, threshold: int) -> str:
    """What the present rating of a conversation means for later replies.

    Args:
        one: rated, or not.
        ready: good conversations there are.
        threshold: good conversations from which training is proposed.
    """
    if one.rating is None and not one.liked:
        return "No rating."
    return f"Saved. {ready} of {threshold} good conversations for training; {_effect(one)}."


def _effect(one: Conversation) -> str:
    if one.good:
        what = "shown" if one.correction is None else "your correction is shown"
        return f"{what} as an example from now on"
    if one.liked:
        why = "the reply was cut short" if one.excluded is None else "it is kept out of training"
        return f"never an example, because {why}"
    if one.poor:
        return "this reply is not recalled as an answer"
    return f"from {GOOD_RATING} stars on it becomes an example"
