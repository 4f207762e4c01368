"""What a vocabulary and its head are worth: accuracy, the length of explanations, and parts.

Purity, consistency and stability stand beside chance; misalignment beside the other vocabularies.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from fewbits.backbones import Backbone
from fewbits.features import FeatureCache, Pictures
from fewbits.metrics import parts as measures
from fewbits.protoquant.head import Linear
from fewbits.protoquant.pipeline import BATCH, Explained
from fewbits.protoquant.scores import Scored, strongest
from fewbits.protoquant.truth import BOX, Points, Truth
from fewbits.protoquant.vocabulary import Vocabulary
from fewbits.training import modes_kept, repeatable, to_float

Block = dict[str, object]
Shift = tuple[float, float]
TOP = 10  # pictures a code, of purity
ATTACKED, ATTACKED_AT_ONCE = 64, 16  # test pictures whose loudest code is attacked
MARGIN = 10 / 224  # around the box that an attack leaves alone, as a share of the side
DIGITS = 6
OF = ("train", "test", "chance", "fixed_cells")  # what purity is told of
DRAWS = 8  # of cells that know nothing; their purities are averaged
STEADY = ("consistency", "stability", "consistency_chance", "stability_chance")
ALIGNMENT = ("plc", "pac", "prc")


@dataclass(frozen=True)
class Seen:
    """One split as all measures need it.

    Attributes:
        pictures: pixels, read when they are needed.
        cache: feature maps.
        labels: of the pictures in the cache.
        truth: of their parts, where something is known.
    """

    pictures: Pictures
    cache: FeatureCache
    labels: Int[Tensor, " image"]
    truth: Truth | None


@dataclass(frozen=True)
class Tested:
    """A model whose training is over: the tables it was fitted to may be gone.

    Attributes:
        vocabulary: its words.
        head: over them.
        scored: the test pictures.
    """

    vocabulary: Vocabulary
    head: Linear
    scored: Scored


def sizes(found: Explained, scored: Scored, labels: Int[Tensor, " image"]) -> Block:
    """Accuracy, and how much a person has to read for it."""
    weights = found.head.weights
    predicted = found.head(scored.scores).argmax(1)
    shared = measures.classes_per_code(weights)
    spoken = found.head.contributions(scored.scores, predicted)
    return {
        "test_accuracy": _mean((predicted == labels).double()),
        "local_size": _mean(measures.local_size(weights, predicted).double()),
        "carrying": _mean(measures.carrying(spoken).double()),
        "global_size": measures.global_size(weights),
        "classes_per_code": _mean(shared[shared > 0].double()) if (shared > 0).any() else None,
    }


def purities(
    found: Explained, train: Seen, test: Seen, tested: Scored, shift: Shift | None, seed: int
) -> Block:
    """Purity of the codes that some class uses, beside two kinds of chance; null without parts.

    Twice: with each patch on its cell's tile, as PIP-Net lays it, and ``centred`` on the middle of
    the cell's field, which in many networks is somewhere else.

    Args:
        shift: from the one to the other, as :func:`fewbits.backbones.field_shift` finds it. Where
            it finds none, nothing is told of centred patches.
    """
    kinds = {"purity": (0.0, 0.0), "purity_centred": shift}
    block: Block = dict.fromkeys(f"{kind}_{of}" for kind in kinds for of in OF)
    if train.truth is None or test.truth is None:
        return block
    used = (found.head.weights > 0).any(0)
    grid = tested.grid
    learned = replace(
        found.train,
        scores=found.train.scores[:, used],
        cells=found.train.cells[:, used].long(),
    )
    scores, cells = tested.scores[:, used], tested.cells[:, used].long()

    def pure(truth: Truth, loud: Tensor, draws: Iterable[Tensor]) -> float | None:
        top = min(TOP, len(loud))
        return _mean(torch.cat([truth.purity(loud, where, grid, top).share for where in draws]))

    for kind, aside in kinds.items():
        if aside is None:
            continue
        down, right = aside
        # The same draws of both kinds, one in memory at a time.
        generator = torch.Generator().manual_seed(seed)
        random = (measures.random_cells(cells, grid, generator) for _ in range(DRAWS))
        fixed = (measures.fixed_cells(cells, grid, generator) for _ in range(DRAWS))
        on_train, on_test = train.truth.moved(-down, -right), test.truth.moved(-down, -right)
        block |= {
            f"{kind}_train": pure(on_train, learned.scores, [learned.cells]),
            f"{kind}_test": pure(on_test, scores, [cells]),
            f"{kind}_chance": pure(on_test, scores, random),
            f"{kind}_fixed_cells": pure(on_test, scores, fixed),
        }
    return block


@torch.no_grad()
@repeatable()
def steadiness(
    found: Mapping[str, Tested], backbone: Backbone, test: Seen, seed: int
) -> dict[str, Block]:
    """Consistency of each vocabulary's words, and their stability under one and the same noise.

    Beside each what words at random cells reach: a box holds some part wherever it is, and where
    it holds none before and after, nothing has changed.

    Args:
        found: models under their names.

    Returns:
        A block a model; null without annotated points.
    """
    if not isinstance(test.truth, Points):
        return {name: dict.fromkeys(STEADY) for name in found}
    cells: dict[str, list[Tensor]] = {name: [] for name in found}
    for maps in _noisy(backbone, test.pictures, seed):
        for name, model in found.items():
            cells[name].append(strongest(model.vocabulary.maps(maps)).cells.cpu())
    return {
        name: _steadiness(model, torch.cat(cells[name]), test.truth, test.labels, seed)
        for name, model in found.items()
    }


def _steadiness(found: Tested, noisy: Tensor, truth: Points, labels: Tensor, seed: int) -> Block:
    box = max(1, round(BOX * truth.side))
    used = (found.head.weights > 0).any(0)
    asked = (found.head.weights > 0)[labels][:, used]
    grid = found.scored.grid
    before, after = found.scored.cells[:, used].long(), noisy[:, used].long()
    generator = torch.Generator().manual_seed(seed)
    one, other = (measures.random_cells(before, grid, generator) for _ in range(2))
    where = (grid, truth.side, truth.positions, truth.visible, asked, box)
    some = asked.any(0)
    values = (
        _mean(measures.consistency(before, *where)[some].double()),
        _mean(measures.stability(before, after, *where)[some]),
        _mean(measures.consistency(one, *where)[some].double()),
        _mean(measures.stability(one, other, *where)[some]),
    )
    return dict(zip(STEADY, values, strict=True))


def _noisy(backbone: Backbone, pictures: Pictures, seed: int) -> Iterator[Tensor]:
    """Feature maps of the pictures with noise, made in the backbone's own units."""
    generator = torch.Generator().manual_seed(seed)
    with modes_kept(backbone):
        backbone.eval()
        for start in range(0, pictures.count, BATCH):
            shown = normalised(backbone, pictures.read(start, start + BATCH))
            noise = measures.noise_like(shown.cpu(), generator).to(shown.device)
            yield backbone.body(shown + noise).cpu()


def normalised(backbone: Backbone, images: Tensor) -> Float[Tensor, "image 3 height width"]:
    """Pictures as the body of the backbone sees them."""
    device = backbone.mean.device
    return (to_float(images).to(device) - backbone.mean) / backbone.std


@repeatable()
def misalignment(
    found: Tested, backbone: Backbone, pictures: Pictures, count: int = ATTACKED
) -> Block:
    """PLC, PAC and PRC: what an attack outside of a code's place does to the code.

    Of the first ``count`` pictures, each picture's code of largest contribution is attacked.
    """
    few = pictures.read(0, min(count, pictures.count))
    changes: dict[str, list[Tensor]] = {name: [] for name in ALIGNMENT}
    with modes_kept(backbone):
        backbone.eval()
        for part in few.split(ATTACKED_AT_ONCE):
            for name, values in _attack(found, backbone, normalised(backbone, part)).items():
                changes[name].append(values)
    return {name: _mean(torch.cat(values).double()) for name, values in changes.items()}


def _attack(found: Tested, backbone: Backbone, shown: Tensor) -> dict[str, Tensor]:
    side = shown.shape[-1]

    def codes(images: Tensor) -> Tensor:
        return found.vocabulary.maps(backbone.body(images)).cpu()

    with torch.no_grad():
        before = codes(shown)
    scores = before.amax((2, 3))
    predicted = found.head(scores).argmax(1)
    code = found.head.contributions(scores, predicted).argmax(1)
    rows = torch.arange(len(code))

    def loudness(images: Tensor) -> Tensor:
        return codes(images)[rows, code].amax((1, 2))

    boxes = measures.keep_box(before[rows, code], side, margin=round(MARGIN * side))
    changed = measures.attack_outside(loudness, shown, boxes)
    with torch.no_grad():
        after = codes(changed)
    one, other = (measures.enlarge(maps[rows, code], side) for maps in (before, after))
    return {
        "plc": measures.location_change(one, other),
        "pac": measures.activation_change(one, other),
        "prc": measures.rank_change(scores, after.amax((2, 3)), code),
    }


def _mean(values: Float[Tensor, " one"] | Bool[Tensor, " one"]) -> float | None:
    return round(values.double().mean().item(), DIGITS) if len(values) else None
