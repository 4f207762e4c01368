"""Small codebooks with heads and galleries, over made-up maps, and the control over them."""

from dataclasses import dataclass
from functools import cache

import torch
from bird_samples import SPECIES, bird_pictures
from torch import Tensor

from fewbits.protoquant import pipeline
from fewbits.protoquant.galleries import Gallery, make_gallery
from fewbits.protoquant.head import HeadSettings, fit_linear
from fewbits.protoquant.pipeline import Explained, Sample
from fewbits.protoquant.scores import score
from fewbits.protoquant.vocabulary import CodeVocabulary
from fewbits.widgets import ClassEditor, CodebookExplorer

GRID, FEATURES, SIZES, FIELD = (3, 4), 8, (4, 7, 12), 5


@dataclass(frozen=True)
class InMemory:
    """Maps in memory, read as a feature cache's are."""

    maps: Tensor
    grid: tuple[int, int] = GRID

    def batches(self, size):
        return iter(self.maps.split(size))


@cache
def maps_and_labels(count: int, seed: int, features: int = FEATURES) -> tuple[Tensor, Tensor]:
    """In each place one of nine directions, three of them for each class, and noise."""
    draw = torch.Generator().manual_seed(seed)
    words = torch.randn(9, features, generator=torch.Generator().manual_seed(11))
    labels = torch.arange(count) % len(SPECIES)
    which = torch.randint(3, (count, *GRID), generator=draw)
    said = words[(2 * labels[:, None, None] + which) % 9]
    noise = 1.4 * torch.randn(said.shape, generator=draw)
    return (said + noise).movedim(-1, 1).contiguous(), labels


@cache
def trained(
    sizes: tuple[int, ...] = SIZES, temperature: float | None = 0.1, features: int = FEATURES
) -> tuple[Explained, ...]:
    """A codebook of each size and a sparse head over it, all with one mapping."""
    maps, labels = maps_and_labels(60, 1, features)
    vectors = maps.movedim(1, -1).reshape(-1, features)
    sample = Sample(vectors, labels.repeat_interleave(GRID[0] * GRID[1]))
    mapping = pipeline.make_mapping(sample, "centred")
    settings = HeadSettings(epochs=12, batch_size=20, sparsity=0.005)
    codebooks = (pipeline.make_codes(sample, mapping, count, "kmeans", 0) for count in sizes)
    return tuple(
        with_head(CodeVocabulary(codebook, temperature), maps, labels, settings)
        for codebook in codebooks
    )


def with_head(
    vocabulary: CodeVocabulary, maps: Tensor, labels: Tensor, settings: HeadSettings
) -> Explained:
    """As :func:`fewbits.protoquant.pipeline.explain` does it, over maps in memory."""
    scored = score(vocabulary.maps, [maps])
    head = fit_linear(scored.scores, labels, len(SPECIES), settings, seed=0)
    return Explained(vocabulary, head, scored)


def galleries(models: tuple[Explained, ...], count: int = 3, field: int = FIELD) -> list[Gallery]:
    """The nearest patches of every codebook."""
    maps, labels = maps_and_labels(60, 1, models[0].vocabulary.codebook.codes.shape[1])
    pictures = bird_pictures(len(labels), seed=1).images
    return [
        make_gallery(model.vocabulary.codebook, InMemory(maps), pictures, field, count)
        for model in models
    ]


def explore_codes(models=None, count=6, class_names=SPECIES, **settings) -> CodebookExplorer:
    """The control over the small codebooks."""
    models = models or trained()
    maps, labels = maps_and_labels(count, 2, models[0].vocabulary.codebook.codes.shape[1])
    given = {
        "models": models,
        "maps": maps,
        "images": bird_pictures(count).images,
        "labels": labels,
        "class_names": class_names,
        **settings,
    }
    if "galleries" not in given:
        given["galleries"] = galleries(models)
    return CodebookExplorer(**given)


def edit_class(model=None, count=30, class_names=SPECIES, **settings) -> ClassEditor:
    """ClassEditor over the codebook of seven, two sets of pictures and four to look at."""
    model = model or trained()[1]
    maps, labels = maps_and_labels(count, 2, model.vocabulary.codebook.codes.shape[1])
    rows = torch.arange(count)
    given = {
        "model": model.part_model(),
        "maps": maps,
        "labels": labels,
        "class_names": class_names,
        "gallery": galleries((model,), count=2)[0],
        "sets": {"all": rows, "every third": rows[::3]},
        "images": bird_pictures(4).images,
        **settings,
    }
    return ClassEditor(**given)
