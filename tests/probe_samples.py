"""Two small vocabularies of one network, probed with patches, and the control over them."""

from functools import cache

import torch
from bird_samples import SPECIES, bird_pictures
from torch import Tensor, nn

from fewbits.backbones import Backbone
from fewbits.protoquant import pipeline
from fewbits.protoquant.aligned import AlignedVocabulary
from fewbits.protoquant.codebook import flat
from fewbits.protoquant.head import HeadSettings, fit_linear
from fewbits.protoquant.pipeline import Explained, Sample
from fewbits.protoquant.probing import Probed, probe
from fewbits.protoquant.scores import score
from fewbits.protoquant.vocabulary import CodeVocabulary, Vocabulary
from fewbits.training import to_float
from fewbits.widgets import PerturbationProbe

GRID, COUNT = (4, 4), 3
NEAR, FAR = "near-sighted", "far-sighted"


@cache
def network() -> Backbone:
    """Maps of 4 x 4 cells of 16 pixels; a cell sees 5 more to each side."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        body = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=4, padding=1), nn.ReLU(),
            nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.AvgPool2d(4),
        )  # fmt: skip
    half = (0.5, 0.5, 0.5)
    return pipeline.freeze(Backbone("small", body, 8, half, half))


@cache
def patches() -> dict[str, Tensor]:
    """A white one, and one of noise."""
    draw = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 256, (3, 16, 16), generator=draw).to(torch.uint8)
    return {"white": torch.full((3, 16, 16), 255, dtype=torch.uint8), "noise": noise}


@torch.no_grad()
def maps_of(images: Tensor) -> Tensor:
    return network()(to_float(images))


@cache
def models() -> dict[str, Explained]:
    """Seven codes, and five prototypes of a linear map."""
    known = bird_pictures(40, seed=1, side=64)
    maps = maps_of(known.images)
    sample = Sample(flat(maps), known.labels.repeat_interleave(16))
    mapping = pipeline.make_mapping(sample, "centred")
    codes = CodeVocabulary(pipeline.make_codes(sample, mapping, 7, "kmeans", 0), 0.1)
    draw = torch.Generator().manual_seed(1)
    spread = flat(maps).std(0)
    weights = 3 * torch.randn(5, 8, generator=draw) / spread
    lines = AlignedVocabulary(weights, -(weights @ flat(maps).mean(0)))
    return {NEAR: explained(codes, maps, known.labels), FAR: explained(lines, maps, known.labels)}


def explained(words: Vocabulary, maps: Tensor, labels: Tensor) -> Explained:
    """As :func:`fewbits.protoquant.pipeline.explain` does it, over maps in memory."""
    scored = score(words.maps, [maps])
    head = fit_linear(scored.scores, labels, len(SPECIES), HeadSettings(20, 20), seed=0)
    return Explained(words, head, scored)


@cache
def probes(count: int = COUNT) -> dict[str, dict[str, Probed]]:
    """What each patch does to each model."""
    words = {name: model.vocabulary for name, model in models().items()}
    images = bird_pictures(count, side=64).images
    return {name: probe(network(), words, images, patch) for name, patch in patches().items()}


def perturb(count: int = COUNT, class_names=SPECIES, **settings) -> PerturbationProbe:
    """The control over the small models."""
    known = bird_pictures(count, side=64)
    given = {
        "models": models(),
        "probes": probes(count),
        "patches": patches(),
        "images": known.images,
        "labels": known.labels,
        "class_names": class_names,
    }
    return PerturbationProbe(**(given | settings))


def renamed(name: str) -> PerturbationProbe:
    """The same with one model and one patch, both called so."""
    own = {name: models()[NEAR]}
    found = {name: {name: probes()["white"][NEAR]}}
    return perturb(models=own, probes=found, patches={name: patches()["white"]})
