"""Folders and files that only their owner can change.

A home that somebody else owns is refused: what lies in it may be theirs. One of the owner's that
others can write to is repaired, and a warning says so. Windows has neither owners nor modes of this
kind.
"""

import os
import stat
import warnings
from pathlib import Path

from kagura_nb.errors import SettingsError

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def secure(path: Path) -> None:
    """Make sure that nobody else can change what is there; a link counts as what it leads to.

    Args:
        path: a folder or file; nothing happens where there is none.

    Raises:
        SettingsError: it belongs to somebody else.
    """
    if os.name == "nt" or not path.exists():
        return
    facts = path.stat()
    if facts.st_uid != os.getuid():
        raise SettingsError(
            f"{path} belongs to another user",
            "Set KAGURA_HOME to a folder of your own, or change its owner with `chown -R`",
        )
    if facts.st_mode & OTHERS_WRITE:
        path.chmod(stat.S_IMODE(facts.st_mode) & ~OTHERS)
        warnings.warn(f"Others could write to {path}. Only you can now.", stacklevel=2)


def own_folder(path: Path) -> bool:
    """Whether a folder is, or will be, there itself: what a link leads to is never deleted."""
    return not path.is_symlink()
