"""A classifier's weights from a file, of which only what makes the feature maps is needed."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from fewbits.errors import FewbitsError

Adapt = Callable[[Mapping[str, Tensor]], tuple[Mapping[str, Tensor], str]]
"""What a network has to change in a file's weights, and one line if a user should know of it."""

COUNTER = "num_batches_tracked"  # of batch norm; files from before 2018 have none, nothing needs it


def load_weights(
    body: nn.Module,
    network: nn.Module,
    file: Path,
    adapt: Adapt = lambda state: (state, ""),
) -> str:
    """Fill ``body`` from a file with its network's ``state_dict``.

    Behind the body there may be another classifier, of other classes where the network was
    fine-tuned, or none: it is not used.

    Args:
        body: the part of the network that makes the maps, its weights called as in the network.
        network: all of it.
        file: saved by ``torch.save``.
        adapt: what is done to the file's weights before they are compared with the network's.

    Returns:
        One line if the classifier is another than the network's or the weights were adapted in a
        way that counts; else nothing.

    Raises:
        FewbitsError: the file cannot be read as one, or is another network's.
    """
    (state, note), needed, whole = adapt(_read(file)), body.state_dict(), network.state_dict()
    inside = {_part(name) for name in needed}
    behind = {_part(name) for name in whole} - inside
    missing = [name for name in needed if name not in state and not name.endswith(COUNTER)]
    other = [_shapes(name, state, needed) for name in needed if _differs(name, state, needed)]
    unknown = [name for name in state if name not in whole and _part(name) not in behind]
    if missing or other or unknown:
        found = (
            (missing, "of this one's are missing"),
            (other, "are of another shape"),
            (unknown, "are unknown to it"),
        )
        said = "; ".join(
            f"{len(names)} {what} ({', '.join(names[:3])})" for names, what in found if names
        )
        raise FewbitsError(f"{file} holds another network's weights: {said}")
    body.load_state_dict({name: state.get(name, value) for name, value in needed.items()})
    theirs = [name for name in (*whole, *state) if _part(name) in behind]
    changed = [name for name in theirs if name not in state or _differs(name, state, whole)]
    told = [note] if note else []
    if changed:
        told.append(
            f"its classifier is another one ({_shapes(changed[0], state, whole)}); only what "
            "makes the feature maps is taken from it"
        )
    return f"{file}: {'; '.join(told)}" if told else ""


def _read(file: Path) -> Mapping[str, Tensor]:
    """What the file holds, if it is a ``state_dict``."""
    expected = f"{file} does not hold this network's weights: expected a state_dict saved by"
    try:
        state: Any = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise FewbitsError(f"{file} is not there: expected a file of weights") from error
    except Exception as error:
        raise FewbitsError(
            f"{expected} torch.save, got a file that is none ({type(error).__name__})"
        ) from error
    if not isinstance(state, Mapping):
        raise FewbitsError(f"{expected} torch.save, got a {type(state).__name__}")
    odd = [str(name) for name, value in state.items() if not isinstance(value, Tensor)]
    if odd:
        raise FewbitsError(
            f"{expected} torch.save, got a dictionary of {', '.join(odd[:3])}: save the state_dict "
            "in it alone"
        )
    return state


def _part(name: str) -> str:
    """Which of a network's outermost parts a weight belongs to."""
    return name.partition(".")[0]


def _differs(name: str, state: Mapping[str, Tensor], ours: Mapping[str, Tensor]) -> bool:
    return name in state and (name not in ours or state[name].shape != ours[name].shape)


def _shapes(name: str, state: Mapping[str, Tensor], ours: Mapping[str, Tensor]) -> str:
    """A weight's shape in a file and in the network, in words."""

    def shape(of: Mapping[str, Tensor]) -> str:
        return " x ".join(map(str, of[name].shape)) or "a number" if name in of else "nothing"

    return f"{name}: {shape(state)} instead of {shape(ours)}"
