"""Codebooks, layers and whole models in files: written whole, read with a check."""

from functools import partial
from pathlib import Path
from typing import Any

import torch

from fewbits.errors import FewbitsError
from fewbits.protoquant.aligned import AlignedVocabulary
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.head import Linear
from fewbits.protoquant.mapping import Mapping
from fewbits.protoquant.model import PartModel
from fewbits.report import write_whole

Held = dict[str, Any]


def save_codebook(codebook: Codebook, file: Path) -> None:
    """Keep codes, usage and mapping."""
    _save(_of_codebook(codebook), file)


def load_codebook(file: Path) -> Codebook:
    """A codebook as :func:`save_codebook` kept it, in evaluation mode.

    Raises:
        FewbitsError: the file is missing, damaged or holds something else.
    """
    return _load(file, _codebook, "a codebook")


def save_linear(layer: Linear, file: Path) -> None:
    """Keep a layer."""
    _save(_of_linear(layer), file)


def load_linear(file: Path) -> Linear:
    """A layer as :func:`save_linear` kept it.

    Raises:
        FewbitsError: the file is missing, damaged or holds something else.
    """
    return _load(file, _linear, "a linear layer")


def save_aligned(words: AlignedVocabulary, file: Path) -> None:
    """Keep aligned prototypes."""
    _save({"weights": words.weights.cpu(), "bias": words.bias.cpu()}, file)


def load_aligned(file: Path) -> AlignedVocabulary:
    """Prototypes as :func:`save_aligned` kept them.

    Raises:
        FewbitsError: the file is missing, damaged or holds something else.
    """
    return _load(file, lambda held: AlignedVocabulary(**held), "aligned prototypes")


def save_model(model: PartModel, file: Path) -> None:
    """Keep a model with all its edits, without its backbone."""
    _save(
        {
            "codebook": _of_codebook(model.codebook),
            "temperature": model.temperature,
            "head": _of_linear(model.head),
            "belongs": model.belongs,
            "forbidden": model.forbidden,
        },
        file,
    )


def load_model(file: Path) -> PartModel:
    """A model as :func:`save_model` kept it.

    Raises:
        FewbitsError: the file is missing, damaged or holds something else.
    """

    def made(held: Held) -> PartModel:
        return PartModel(
            _codebook(held["codebook"]),
            held["temperature"],
            _linear(held["head"]),
            held["belongs"],
            held["forbidden"],
        )

    return _load(file, made, "a model of parts")


def _of_codebook(codebook: Codebook) -> Held:
    mapping = codebook.mapping
    return {
        "codes": codebook.codes.detach().cpu(),
        "usage": codebook.usage.cpu(),
        "kind": mapping.kind,
        "mean": mapping.mean.cpu(),
        "bases": [None if basis is None else basis.cpu() for basis in mapping.bases()],
        "weights": list(mapping.weights),
    }


def _codebook(held: Held) -> Codebook:
    mapping = Mapping(held["kind"], held["mean"], held["bases"], held["weights"])
    codebook = Codebook(held["codes"], mapping)
    codebook.usage.copy_(held["usage"])
    return codebook.eval()


def _of_linear(layer: Linear) -> Held:
    return {
        "weights": layer.weights.cpu(),
        "bias": layer.bias.cpu(),
        "scale": layer.scale.cpu(),
        "losses": list(layer.losses),
    }


def _linear(held: Held) -> Linear:
    return Linear(held["weights"], held["bias"], held["scale"], tuple(held["losses"]))


def _save(held: Held, file: Path) -> None:
    write_whole(file, partial(torch.save, held))


def _load(file: Path, made: Any, what: str) -> Any:
    try:
        return made(torch.load(file, weights_only=True, map_location="cpu"))
    except FileNotFoundError as error:
        raise FewbitsError(f"{file} is missing: expected {what}; run again") from error
    except Exception as error:
        raise FewbitsError(
            f"{file} is damaged, or does not hold {what} ({type(error).__name__}): delete it and "
            "run again"
        ) from error
