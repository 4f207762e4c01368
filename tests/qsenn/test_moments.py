"""The loop as a row of layers: what each moment holds, and what its layer says of the pictures."""

import pytest
import torch

from fewbits import backbones
from fewbits.data import ImageSet, Split
from fewbits.errors import UsageError
from fewbits.qsenn import pipeline
from fewbits.qsenn.moments import Moment, moments_of
from fewbits.qsenn.rounding import Rounding
from fewbits.training import TrainSettings, accuracy

SHORT = TrainSettings(epochs=1, batch_size=16, learning_rate=3e-3, shift=0)


@pytest.fixture(scope="module")
def loop():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(48) % 3
    images = torch.randint(0, 80, (48, 3, 16, 16), dtype=torch.uint8, generator=generator)
    images[torch.arange(48), labels] += 150
    split = Split(images, labels)
    pictures = ImageSet("colours", split, split, split, tuple("abc"))
    torch.manual_seed(0)
    dense = pipeline.train_dense(pictures, backbones.build("tiny"), SHORT, 0)
    kept = pipeline.keep_features(dense, split, 3, 6)
    rounds = pipeline.iterate(dense, pictures, kept, [SHORT, SHORT], 0, rounding=Rounding(2))
    tables = [pipeline.features_of(dense, split)[:, kept]]
    tables += [pipeline.features_of(one.tuned, split) for one in rounds]
    return rounds, tables, split


def test_each_moment_names_pictures_as_its_network_does(loop):
    rounds, tables, split = loop
    moments = moments_of(rounds)
    assert [one.name for one in moments[:4]] == [
        "pass 1, fitted", "pass 1, rounded", "pass 1, tuned", "pass 2, fitted",
    ]  # fmt: skip
    for one in moments:
        logits = one.how.apply(tables[one.table]) @ one.weights.T + one.bias
        right = (logits.argmax(1) == split.labels).double().mean().item()
        if one.kind != "fitted":
            network = getattr(rounds[one.place - 1], one.kind)
            assert right == pytest.approx(accuracy(network, split), abs=1 / len(split.labels))


def test_rounding_keeps_signs_and_tuning_keeps_the_layer(loop):
    moments = moments_of(loop[0])
    for fitted, rounded, tuned in zip(moments[::3], moments[1::3], moments[2::3], strict=True):
        stays = rounded.weights != 0
        assert rounded.weights.sign().equal(fitted.weights.sign() * stays)
        assert tuned.weights.equal(rounded.weights) and tuned.bias.equal(rounded.bias)
        assert not tuned.how.mean.equal(rounded.how.mean)


def test_moments_that_do_not_exist_are_refused(loop):
    one = moments_of(loop[0])[0]
    for place, kind in ((0, "fitted"), (1, "solved")):
        with pytest.raises(UsageError, match=f"got {place} and '{kind}'"):
            Moment(place, kind, one.weights, one.bias, one.how)
