"""Any of open_clip's models: how much of each concept is in each picture."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from fewbits.errors import FewbitsError, UsageError
from fewbits.qsenn.names.concepts import Concepts
from fewbits.qsenn.names.scoring import zero_shot
from fewbits.training import modes_kept, pick_device, repeatable, to_float

Tokenizer = Callable[[list[str]], Tensor]
SCHEMES = ("hf-hub:", "local-dir:")
"""Beginnings of names that say themselves where the weights are."""


@dataclass(frozen=True)
class Clip:
    """Two encoders into one space (Radford et al., ICML 2021), as open_clip makes them.

    Attributes:
        name: of the model.
        model: with ``encode_image`` and ``encode_text``.
        tokenize: texts to rows of token numbers.
    """

    name: str
    model: nn.Module
    tokenize: Tokenizer

    @property
    def scale(self) -> float:
        """What similarities are multiplied by when they are compared."""
        model: Any = self.model
        return float(model.logit_scale.detach().exp())

    def see(
        self, images: UInt8[Tensor, "image 3 height width"], concepts: Concepts
    ) -> Float[Tensor, "image concept"]:
        """How much of each concept it sees in each picture, 0 to 1.

        See :func:`fewbits.qsenn.names.scoring.zero_shot`.
        """
        alike = self.similarities(images, concepts.texts)
        return zero_shot(alike, concepts.groups, self.scale)

    @torch.no_grad()
    @repeatable()
    def similarities(
        self,
        images: UInt8[Tensor, "image 3 height width"],
        texts: tuple[str, ...],
        batch_size: int = 64,
    ) -> Float[Tensor, "image text"]:
        """Cosines, -1 to 1, on the CPU; the model's mode is left as found.

        Pictures are resized and normalised by open_clip's own transform, as the model asks.
        """
        import open_clip
        from open_clip.transform import PreprocessCfg, image_transform_v2

        prepare = image_transform_v2(
            PreprocessCfg(**open_clip.get_model_preprocess_cfg(self.model)), is_train=False
        )
        device = next(self.model.parameters()).device
        model: Any = self.model
        with modes_kept(self.model):
            self.model.eval()
            meanings = torch.cat(
                [
                    model.encode_text(self.tokenize(list(part)).to(device), normalize=True)
                    for part in _parts(texts, batch_size)
                ]
            )
            alike = [
                model.encode_image(prepare(to_float(part)).to(device), normalize=True) @ meanings.T
                for part in images.split(batch_size)
            ]
        return torch.cat(alike).float().cpu()


def load_clip(name: str, weights: Path | str | None = None) -> Clip:
    """A model of open_clip with trained weights, in evaluation mode.

    Args:
        name: one of ``open_clip.list_models()``, ``ViT-B-32`` say; or ``local-dir:FOLDER`` or
            ``hf-hub:OWNER/NAME``, which bring their weights.
        weights: a file with the model's weights, or one of open_clip's tags for it, ``openai``
            say, whose weights it downloads.

    Raises:
        UsageError: no model has that name, or it is not said where its weights are.
        FewbitsError: the weights are missing, damaged, another model's or cannot be downloaded.
    """
    import open_clip

    _check(name, weights)
    try:
        file = None if weights is None else str(weights)
        model = open_clip.create_model(name, pretrained=file, require_pretrained=True)
        tokenize: Tokenizer = open_clip.get_tokenizer(name)
    except Exception as error:
        said = str(error).partition("\n")[0][:200]
        raise FewbitsError(
            f"{name} with the weights {weights or 'it brings'} could not be loaded: expected "
            f"open_clip weights of this model, got {type(error).__name__}: {said}"
        ) from error
    return Clip(name, model.to(pick_device()).eval(), tokenize)


def _check(name: str, weights: Path | str | None) -> None:
    """What can be known before anything is built or downloaded."""
    import open_clip

    if name.startswith(SCHEMES):
        if weights is not None:
            raise UsageError(f"{name} brings its weights: leave {weights} out")
        return
    known = open_clip.list_models()
    if name not in known:
        near = ", ".join(get_close_matches(name, known, n=3) or ["ViT-B-32", "RN50"])
        raise UsageError(
            f"open_clip has no model {name!r}; expected one of open_clip.list_models(), {near} for "
            f"example, or {' or '.join(SCHEMES)}..."
        )
    tags = open_clip.list_pretrained_tags_by_model(name)
    if weights is None:
        raise UsageError(
            f"{name} without weights cannot tell a picture from another: expected a file, or one "
            f"of its tags: {', '.join(tags) or 'it has none'}"
        )
    if str(weights) not in tags and not Path(weights).is_file():
        raise FewbitsError(
            f"{weights} is not there: expected a file of weights of {name}, or one of its tags: "
            f"{', '.join(tags) or 'it has none'}"
        )


def _parts(texts: tuple[str, ...], size: int) -> list[tuple[str, ...]]:
    return [texts[start : start + size] for start in range(0, len(texts), size)]
