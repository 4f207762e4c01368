"""An epoch of the head on cached scores beside the same epoch with the backbone in the loop."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from fewbits import backbones
from fewbits.backbones import Backbone
from fewbits.data.scenes import THINGS, draw_scene
from fewbits.errors import UsageError
from fewbits.protoquant.clock import median_seconds
from fewbits.protoquant.codebook import Codebook, flat, random_codes
from fewbits.protoquant.head import HeadSettings, Linear, fit_linear
from fewbits.protoquant.mapping import fit_mapping
from fewbits.protoquant.scores import TEMPERATURE, score
from fewbits.protoquant.vocabulary import CodeVocabulary

Pixels = Float[Tensor, "image 3 side side"]

BACKBONE, SIDE, CODES = "mobilenet_v2", 224, 2048
BATCH = 32
CACHED_EPOCHS = 5  # one alone is soon over; what is done once a fit is shared among them
CACHED_ROWS = 4096
PER = 1000  # pictures that times are told for
EPOCHS = HeadSettings().epochs


@dataclass(frozen=True)
class Toy:
    """A few pictures and all that makes scores of them.

    Attributes:
        pixels: in memory, decoded and of the right size.
        labels: classes from 0.
    """

    pixels: Pixels
    labels: Int[Tensor, " image"]
    backbone: Backbone
    vocabulary: CodeVocabulary

    def scores(self) -> Float[Tensor, "image code"]:
        """One pass of the backbone and the codes over all pictures."""

        @torch.no_grad()
        def maps_of(pixels: Tensor) -> Tensor:
            return self.vocabulary.maps(self.backbone(pixels))

        return score(maps_of, self.pixels.split(BATCH)).scores.to(self.pixels.device)

    def epochs(self, scores: Float[Tensor, "image code"], epochs: int) -> Linear:
        """So many epochs of the head on scores, made just now or long ago."""
        settings = replace(HeadSettings(), epochs=epochs)
        labels = self.labels.to(scores.device).repeat(-(-len(scores) // len(self.labels)))
        return fit_linear(scores, labels[: len(scores)], len(THINGS), settings, 0)


@dataclass(frozen=True)
class Epoch:
    """What an epoch takes, told for 1,000 pictures.

    Attributes:
        pictures: how many went through the backbone; the times are scaled up from them.
        device: where.
        scoring: seconds of one pass that makes scores.
        cached: seconds of an epoch of the head on scores that are kept.
    """

    backbone: str
    side: int
    codes: int
    pictures: int
    device: str
    scoring: float
    cached: float

    @property
    def in_loop(self) -> float:
        """Seconds of an epoch with the pass in it: the pass, and the same epoch of the head.

        The head's batches and its share of what is done once a fit are those of the other side.
        """
        return self.scoring + self.cached

    @property
    def ratio(self) -> float:
        """How many times as long an epoch takes with the backbone in the loop."""
        return self.in_loop / self.cached

    @property
    def whole_ratio(self) -> float:
        """The same of a whole training; the scores, made once, are counted."""
        return EPOCHS * self.in_loop / (self.scoring + EPOCHS * self.cached)

    def line(self) -> str:
        """Name, our seconds, theirs, ratio."""
        return (
            f"stage 2, an epoch of {PER:,} pictures on {self.device} beside {self.backbone} in the "
            f"loop: {self.cached:.4f} s, {self.in_loop:.2f} s, {self.ratio:.1f} x"
        )


def draw_toy(pictures: int, backbone: str, side: int, codes: int, device: str) -> Toy:
    """Drawn scenes, a backbone with fresh weights and codes of noise: enough to take the time.

    Raises:
        UsageError: fewer than 2 pictures, an unknown backbone, or one that cannot see such
            pictures.
    """
    if pictures < 2:
        raise UsageError(f"expected at least 2 pictures, got {pictures}")
    torch.manual_seed(0)
    network = backbones.build(backbone, side=side)
    backbones.grid_at(network, side)
    labels = torch.arange(pictures) % len(THINGS)
    drawn = [torch.from_numpy(draw_scene(int(thing), n).pixels) for n, thing in enumerate(labels)]
    colours = torch.stack(drawn).movedim(-1, 1).float() / 255
    pixels = nn.functional.interpolate(colours, (side, side), mode="bilinear", antialias=True)
    network = network.requires_grad_(False).to(device)
    with torch.no_grad():
        vectors = flat(network(pixels[:BATCH].to(device)).cpu())
    mapping = fit_mapping("centred", vectors)
    made = random_codes(vectors, codes, torch.Generator().manual_seed(0))
    codebook = Codebook(made, mapping).to(device).requires_grad_(False)
    return Toy(pixels.to(device), labels, network, CodeVocabulary(codebook, TEMPERATURE))


def stage_two_epoch(
    pictures: int = 64,
    backbone: str = BACKBONE,
    side: int = SIDE,
    codes: int = CODES,
    rounds: int = 3,
    device: str = "cpu",
) -> Epoch:
    """Time an epoch of the head, and the pass that makes the scores: the loop takes both.

    The pictures are decoded already, which spares the loop what it has to do each epoch. Scores
    are repeated to 4,096 rows, so that an epoch of the head has whole batches.

    Raises:
        UsageError: as :func:`draw_toy`, or codes below 2.
    """
    toy = draw_toy(pictures, backbone, side, codes, device)
    table = toy.scores().repeat(-(-CACHED_ROWS // pictures), 1)
    works: dict[str, Callable[[], object]] = {
        "scoring": toy.scores,
        "cached": lambda: toy.epochs(table, CACHED_EPOCHS),
    }
    spent = median_seconds(works, rounds, device)
    return Epoch(
        backbone,
        side,
        codes,
        pictures,
        device,
        PER * spent["scoring"] / pictures,
        PER * spent["cached"] / len(table) / CACHED_EPOCHS,
    )
