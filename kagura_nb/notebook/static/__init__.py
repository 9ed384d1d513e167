"""The JavaScript and the styles of the widgets."""

from pathlib import Path

FOLDER = Path(__file__).parent


def joined(*names: str) -> str:
    """Files as one text, in this order; what the first ones define is known to the later ones."""
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names)
