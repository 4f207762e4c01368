"""ProtoQuant from pictures to a short explanation: the paper's steps, one call each."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from fewbits.backbones import Backbone, Classifier
from fewbits.data import ImageSet
from fewbits.errors import UsageError
from fewbits.features import PLAIN, FeatureCache, Pictures, View, extract, key_of, open_cache
from fewbits.protoquant import codebook as books
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.head import HeadSettings, Linear, fit_linear, keep_strongest
from fewbits.protoquant.mapping import Mapping, fit_mapping
from fewbits.protoquant.model import PartModel
from fewbits.protoquant.scores import CodeMaps, Scored, score
from fewbits.protoquant.shelves import Shelf
from fewbits.protoquant.vocabulary import CodeVocabulary, Vocabulary
from fewbits.training import (
    ALONE,
    OnStep,
    Processes,
    TrainSettings,
    fit,
    modes_kept,
    pick_device,
    repeatable,
    to_float,
)

SAMPLE = 60_000  # vectors that mapping and k-means are fitted to
STARTS = ("random", "orthogonal", "kmeans")
PRUNING_ROUNDS = 8
BATCH = 128  # pictures whose code maps are in memory together
FROM_NOTHING, FROM_WEIGHTS = 3e-3, 3e-4  # learning rates of a backbone

Labels = Int[Tensor, " image"]


def train_backbone(
    backbone: Backbone,
    pictures: ImageSet,
    epochs: int,
    seed: int,
    *,
    learning_rate: float = FROM_NOTHING,
    checkpoint: Path | None = None,
    on_step: OnStep | None = None,
) -> Classifier:
    """Stage 0: the backbone trained in place under the plainest classifier, not yet frozen.

    Args:
        learning_rate: for weights that know pictures already :data:`FROM_WEIGHTS`.
        checkpoint: written after every epoch. If it is there already, training goes on from it.

    Returns:
        The classifier, on the device that the backbone is on.

    Raises:
        UsageError: the checkpoint is another training's.
        FewbitsError: as :func:`fewbits.training.fit`.
    """
    classifier = Classifier(backbone, pictures.num_classes, seed)
    classifier = classifier.to(next(backbone.parameters()).device)
    move = max(1, pictures.train.images.shape[-1] // 16)
    settings = TrainSettings(epochs, 32, learning_rate, shift=move, mirror=True)
    fit(classifier, pictures.train, settings, seed, checkpoint=checkpoint, on_step=on_step)
    return classifier


def freeze(backbone: Backbone) -> Backbone:
    """The same backbone, which from now on has no gradient and keeps its batch statistics."""
    return backbone.requires_grad_(False).eval()


def look(
    backbone: Backbone,
    pictures: Pictures,
    folder: Path,
    *,
    views: Sequence[View] = (PLAIN,),
    skip_broken: bool = False,
    on_note: Callable[[str], None] | None = None,
    on_step: Callable[[int, int], None] | None = None,
    many: Processes = ALONE,
) -> FeatureCache:
    """The feature maps of pictures: from disk if they are there, else seen once and kept.

    Args:
        folder: of these maps alone.
        views: ways of looking at each picture; the first is read unless another is asked for.
        skip_broken: leaves out pictures that do not decode, and tells of each.
        on_note: told what a user should know, a line at a time.
        on_step: told of each batch: pictures seen and how many there are.
        many: processes that share the shards; all of them call this.

    Raises:
        UsageError: the folder holds other features.
        FewbitsError: as :func:`fewbits.features.extract`.
    """
    extract(
        backbone,
        pictures,
        folder,
        views=views,
        skip_broken=skip_broken,
        rank=many.rank,
        world=many.world,
        on_note=on_note,
        on_step=on_step,
    )
    many.wait()
    return open_cache(folder, key_of(backbone, pictures, views))


@torch.no_grad()
@repeatable()
def see(
    backbone: Backbone, images: UInt8[Tensor, "image 3 height width"]
) -> Float[Tensor, "image feature high wide"]:
    """The feature maps of a few pictures, which nobody keeps; the backbone's mode stays."""
    device = next(backbone.parameters()).device
    with modes_kept(backbone):
        backbone.eval()
        found = [backbone(to_float(part).to(device)).cpu() for part in images.split(BATCH)]
    return torch.cat(found)


@dataclass(frozen=True)
class Sample:
    """Feature vectors of training pictures, a few of each.

    Attributes:
        vectors: [vector, feature].
        labels: class of the picture each is from.
    """

    vectors: Tensor
    labels: Tensor


def draw_sample(cache: FeatureCache, labels: Labels, seed: int, most: int = SAMPLE) -> Sample:
    """Vectors of cells drawn from all training pictures, or all of them where there are fewer."""
    cells = cache.count * cache.grid[0] * cache.grid[1]
    vectors, pictures = cache.sample_vectors(min(most, cells), _seeded(seed))
    return Sample(vectors, labels[pictures])


def make_mapping(sample: Sample, kind: str) -> Mapping:
    """m: what is done to vectors before the cosine.

    Raises:
        UsageError: as :func:`fewbits.protoquant.mapping.fit_mapping`.
    """
    return fit_mapping(kind, sample.vectors, sample.labels)


def make_codes(sample: Sample, mapping: Mapping, count: int, start: str, seed: int) -> Codebook:
    """Codes to begin with: of noise, at right angles, or by spherical k-means.

    Raises:
        UsageError: an unknown start, or more codes than vectors.
    """
    generator = _seeded(seed)
    match start:
        case "random":
            codes = books.random_codes(sample.vectors, count, generator)
        case "orthogonal":
            codes = books.orthogonal_codes(count, sample.vectors.shape[1], generator)
        case "kmeans":
            codes = books.kmeans_codes(sample.vectors, mapping, count, generator)
        case _:
            raise UsageError(f"unknown start {start!r}: expected one of {', '.join(STARTS)}")
    return Codebook(codes, mapping)


def fit_probe(
    cache: FeatureCache,
    labels: Labels,
    classes: int,
    settings: HeadSettings,
    seed: int,
    shelf: Shelf | None = None,
) -> Linear:
    """The linear probe: the plain layer over the maps' means that all else is held against.

    Args:
        shelf: where the means lie, and who shares the work. Default: in memory, one process.
    """
    means = cache.means() if shelf is None else shelf.means(cache, BATCH)
    given = means, labels, classes, settings, seed
    return fit_linear(*given, readable=False, device=pick_device(), many=_sharing(shelf))


@torch.no_grad()
def made_of_codes(codebook: Codebook, cache: FeatureCache) -> Tensor:
    """The means of maps in which each vector is replaced by its nearest code."""
    codebook.eval()
    return torch.cat([codebook.quantise(maps)[0].mean((2, 3)) for maps in cache.batches(BATCH)])


@runtime_checkable
class Batched(Protocol):
    """Feature maps that are read a few pictures at a time, as a feature cache's are."""

    def batches(self, batch_size: int) -> Iterable[Tensor]:
        """[image, feature, high, wide] each."""


def usage(codebook: Codebook, cache: Batched) -> Int[Tensor, " code"]:
    """How many of all cells are nearest to each code."""
    counts = torch.zeros(codebook.count, dtype=torch.long)
    for maps in cache.batches(BATCH):
        counts += codebook.assign(books.flat(maps)).bincount(minlength=codebook.count)
    return counts


@dataclass(frozen=True)
class Explained:
    """A vocabulary and a head over it.

    Attributes:
        vocabulary: its words; in a short head those that some class uses.
        head: what each is worth to each class.
        train: scores of the training pictures.
    """

    vocabulary: Vocabulary
    head: Linear
    train: Scored

    def part_model(self) -> PartModel:
        """The same as a model that can be edited.

        Raises:
            UsageError: its words are no codes.
        """
        if not isinstance(self.vocabulary, CodeVocabulary):
            raise UsageError(
                "only a head over codes is a model of parts, got one over "
                f"{type(self.vocabulary).__name__}"
            )
        return PartModel.fresh(self.vocabulary.codebook, self.vocabulary.temperature, self.head)

    def look(self, cache: FeatureCache) -> Scored:
        """Scores of other pictures."""
        return score(_maps_of(self.vocabulary), cache.batches(BATCH))


def explain(
    vocabulary: Vocabulary,
    cache: FeatureCache,
    labels: Labels,
    classes: int,
    settings: HeadSettings,
    seed: int,
    on_epoch: Callable[[int, int], None] | None = None,
    shelf: Shelf | None = None,
) -> Explained:
    """Stage 2: scores of all pictures once, then a readable head over all words.

    Args:
        shelf: where the scores lie, and who shares the work. Default: in memory, one process.
    """
    scored = _scored(vocabulary, cache, shelf, "whole")
    head = fit_linear(
        scored.scores,
        labels,
        classes,
        settings,
        seed,
        on_step=on_epoch,
        device=pick_device(),
        many=_sharing(shelf),
    )
    return Explained(vocabulary, head, scored)


def prune(codebook: Codebook, cache: Batched, keep: int, rounds: int = PRUNING_ROUNDS) -> Codebook:
    """The codebook without its least used codes, dropped in rounds.

    After each round cells move to the codes that are left, so usage is counted anew. It is counted
    on the pictures of ``cache``: give it the training ones. (The reference code counts on those it
    tests with.)

    Raises:
        UsageError: fewer than 2 codes are to be kept, or more than there are; or no rounds.
    """
    if not 2 <= keep <= codebook.count or rounds < 1:
        raise UsageError(
            f"expected to keep 2 to {codebook.count} codes in at least 1 round, got {keep} in "
            f"{rounds}"
        )
    start = codebook.count
    for place in range(1, rounds + 1):
        left = start - (start - keep) * place // rounds
        order = usage(codebook, cache).argsort(descending=True, stable=True)[:left]
        kept = order.sort().values
        codebook = Codebook(codebook.codes.detach()[kept], codebook.mapping)
    codebook.usage.copy_(usage(codebook, cache))
    return codebook.eval()


def shorten(
    whole: Explained,
    cache: FeatureCache,
    labels: Labels,
    per_class: int,
    settings: HeadSettings,
    seed: int,
    shelf: Shelf | None = None,
) -> Explained:
    """Keep each class's strongest words, drop words that no class keeps, and fit again.

    Dropping words is not exact: the others share what they had. So pictures are scored again. As
    published, the short head goes on from the whole one's weights; otherwise it begins anew.

    Args:
        shelf: where the scores lie, and who shares the work. Default: in memory, one process.

    Raises:
        UsageError: ``per_class`` is below 1.
    """
    kept = keep_strongest(whole.head, per_class)
    wanted = kept.any(0)
    if int(wanted.sum()) == 1:  # a softmax needs a rival
        wanted[(~wanted).nonzero()[0]] = True
    used = wanted.nonzero()[:, 0]
    vocabulary = whole.vocabulary.only(used)
    scored = _scored(vocabulary, cache, shelf, "short")
    head = fit_linear(
        scored.scores,
        labels,
        len(kept),
        settings,
        seed,
        allowed=kept[:, used],
        start=whole.head.only(used) if settings.as_published else None,
        device=pick_device(),
        many=_sharing(shelf),
    )
    return Explained(vocabulary, head, scored)


def _scored(vocabulary: Vocabulary, cache: FeatureCache, shelf: Shelf | None, name: str) -> Scored:
    maps_of = _maps_of(vocabulary)
    if shelf is None:
        return score(maps_of, cache.batches(BATCH))
    return shelf.score(name, maps_of, cache, vocabulary.count, BATCH)


def _maps_of(vocabulary: Vocabulary) -> Callable[[Tensor], CodeMaps]:
    """A vocabulary's maps, made on the accelerator if there is one."""
    device = pick_device()
    there = vocabulary.to(device).maps
    return lambda maps: there(maps.to(device))


def _sharing(shelf: Shelf | None) -> Processes:
    return ALONE if shelf is None else shelf.many


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
