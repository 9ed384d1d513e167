"""Where a run goes on after it was killed: adapter, optimizer and position, as one file.

The file is replaced as a whole once the new one is on the disk.
"""

import os
from pathlib import Path
from typing import Any

FILE = "checkpoint.pt"


def save(folder: Path, network: Any, optimizer: Any, **position: int) -> None:
    """Write a checkpoint.

    Args:
        folder: of the run.
        network: what has trainable weights.
        optimizer: of these weights.
        position: whatever tells how far the run is.
    """
    import torch

    draft = folder / f"{FILE}.new"
    with draft.open("wb") as file:
        state = {"adapter": _trained(network), "optimizer": optimizer.state_dict()}
        torch.save({**state, "position": position}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / FILE)


def load(folder: Path, network: Any, optimizer: Any) -> dict[str, int]:
    """Put a checkpoint into network and optimizer; an empty position where there is none."""
    import torch

    if not (folder / FILE).exists():
        return {}
    saved = torch.load(folder / FILE, map_location="cpu", weights_only=True)
    network.load_state_dict(saved["adapter"], strict=False)
    optimizer.load_state_dict(saved["optimizer"])
    position: dict[str, int] = saved["position"]
    return position


def _trained(network: Any) -> dict[str, Any]:
    return {name: one for name, one in network.named_parameters() if one.requires_grad}
