"""The first steps: a backbone trained, frozen, and looked through once."""

import pytest
import torch

from fewbits import backbones
from fewbits.data import ImageSet, Split
from fewbits.errors import UsageError
from fewbits.features import SplitPictures
from fewbits.protoquant import pipeline
from fewbits.training import accuracy


@pytest.fixture(scope="module")
def pictures():
    """Two classes, dark and light."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(90, (24, 3, 16, 16), generator=generator)
    labels = torch.arange(24) % 2
    images = (noise + 120 * labels[:, None, None, None]).to(torch.uint8)
    split = Split(images, labels)
    return ImageSet("toys", split, split, split, ("dark", "light"))


@pytest.fixture
def backbone():
    torch.manual_seed(0)
    return backbones.build("tiny")


def test_a_trained_backbone_tells_classes_apart_and_is_not_frozen_yet(backbone, pictures):
    before = [value.clone() for value in backbone.parameters()]
    classifier = pipeline.train_backbone(backbone, pictures, epochs=8, seed=0)
    assert classifier.backbone is backbone
    assert accuracy(classifier, pictures.test) > 0.9
    pairs = zip(before, backbone.parameters(), strict=True)
    assert all(value.requires_grad and not torch.equal(was, value) for was, value in pairs)


def test_a_smaller_rate_moves_it_less(pictures):
    def moved(rate):
        torch.manual_seed(0)
        own = backbones.build("tiny")
        first = torch.nn.utils.parameters_to_vector(own.parameters()).detach()
        pipeline.train_backbone(own, pictures, 1, 0, learning_rate=rate)
        return (torch.nn.utils.parameters_to_vector(own.parameters()) - first).norm().item()

    assert moved(pipeline.FROM_WEIGHTS) < 0.5 * moved(pipeline.FROM_NOTHING)


def test_frozen_means_no_gradient_and_no_new_statistics(backbone, pictures):
    frozen = pipeline.freeze(backbone.train())
    state = {name: value.clone() for name, value in frozen.state_dict().items()}
    frozen(pictures.train.images / 255)
    assert frozen is backbone and not frozen.training
    assert not any(value.requires_grad for value in frozen.parameters())
    assert all(torch.equal(state[name], value) for name, value in frozen.state_dict().items())


def test_a_few_pictures_are_seen_as_many_are_and_nothing_moves(backbone, pictures, tmp_path):
    cache = pipeline.look(backbone.train(), SplitPictures(pictures.train), tmp_path)
    seen = pipeline.see(backbone, pictures.train.images[3:8])
    assert backbone.training
    torch.testing.assert_close(seen, cache.rows(range(3, 8)), atol=1e-3, rtol=1e-3)


def test_pictures_are_seen_once(backbone, pictures, tmp_path):
    frozen, shown = pipeline.freeze(backbone), SplitPictures(pictures.train)
    steps = []
    cache = pipeline.look(frozen, shown, tmp_path, on_step=lambda *told: steps.append(told))
    expected = frozen(pictures.train.images / 255)
    torch.testing.assert_close(cache.rows(range(24)), expected, atol=1e-3, rtol=1e-3)
    seen = len(steps)
    pipeline.look(frozen, shown, tmp_path, on_step=lambda *told: steps.append(told))
    assert seen and len(steps) == seen
    torch.manual_seed(1)
    with pytest.raises(UsageError, match="holds other features"):
        pipeline.look(pipeline.freeze(backbones.build("tiny")), shown, tmp_path)
