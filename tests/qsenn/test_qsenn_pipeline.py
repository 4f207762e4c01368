"""The steps of Q-SENN, on pictures whose class is their colour."""

import math
from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from torch import nn
from torchvision import models

from fewbits import backbones, glm
from fewbits.data import ImageSet, Split
from fewbits.errors import FewbitsError, UsageError
from fewbits.qsenn import pipeline
from fewbits.qsenn.diversity import diversity_loss
from fewbits.qsenn.finished import load_network
from fewbits.qsenn.network import DenseHead, FeatureNetwork, FixedHead, make_dense
from fewbits.qsenn.rounding import Rounding
from fewbits.training import TrainSettings, accuracy, to_float

CLASSES, SIDE, FEATURES = 4, 16, 12
SHORT = TrainSettings(epochs=2, batch_size=16, learning_rate=3e-3, shift=0)
SOLVED = Rounding(2, bias="solved")
COLOURS = torch.tensor([[200, 40, 40], [40, 200, 40], [40, 40, 200], [200, 200, 40]])


def coloured(count: int, seed: int) -> Split:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % CLASSES
    noise = torch.randint(-40, 41, (count, 3, SIDE, SIDE), generator=generator)
    return Split((COLOURS[labels][:, :, None, None] + noise).to(torch.uint8), labels)


@pytest.fixture(scope="module")
def pictures() -> ImageSet:
    names = tuple("abcd")
    return ImageSet("colours", coloured(64, 0), coloured(32, 1), coloured(32, 2), names)


@pytest.fixture(scope="module")
def dense(pictures) -> FeatureNetwork:
    settings = TrainSettings(epochs=6, batch_size=16, learning_rate=3e-3, shift=0)
    torch.manual_seed(0)
    return pipeline.train_dense(pictures, backbones.build("tiny"), settings, 0)


@pytest.fixture(scope="module")
def kept(dense, pictures):
    return pipeline.keep_features(dense, pictures.train, CLASSES, FEATURES)


@pytest.fixture(scope="module")
def rounds(dense, pictures, kept):
    settings = pipeline.falling(SHORT, 2)
    return pipeline.iterate(dense, pictures, kept, settings, 0, rounding=SOLVED)


def test_the_loss_is_cross_entropy_and_diversity(dense, pictures):
    images, labels = to_float(pictures.test.images[:8]), pictures.test.labels[:8]
    network = deepcopy(dense).eval()
    maps = network.maps(images)
    logits = network.head(maps.mean((2, 3)))
    plain = nn.functional.cross_entropy(logits, labels)
    diverse = diversity_loss(maps, network.head.weight, logits.argmax(1))
    torch.testing.assert_close(pipeline.DiverseLoss(0.0)(network, images, labels), plain)
    torch.testing.assert_close(
        pipeline.DiverseLoss(0.5)(network, images, labels), plain + 0.5 * diverse
    )
    assert pipeline.DiverseLoss(0.5).identity != pipeline.DiverseLoss(0.0).identity


def test_diversity_needs_maps():
    with pytest.raises(UsageError, match="expected a FeatureNetwork, got Linear"):
        pipeline.DiverseLoss()(nn.Linear(2, 2), torch.zeros(1, 2), torch.zeros(1))


def test_features_are_the_maps_means_whatever_the_mode(dense, pictures, monkeypatch):
    network = deepcopy(dense).train()
    monkeypatch.setattr(pipeline, "PIXELS_AT_ONCE", 7 * SIDE**2 + 1)  # seven pictures at once
    found = pipeline.features_of(network, pictures.test)
    assert network.training and network.backbone.training
    expected = network.eval().maps(to_float(pictures.test.images)).mean((2, 3))
    torch.testing.assert_close(found, expected.detach())


def test_dense_training_learns_and_leaves_evaluation_mode(dense, pictures):
    assert not dense.training
    assert accuracy(dense, pictures.test) == 1


def test_a_frozen_backbone_learns_nothing_not_even_means(pictures):
    torch.manual_seed(1)
    backbone = backbones.build("tiny")
    before = deepcopy(backbone.state_dict())
    network = pipeline.train_dense(pictures, backbone, SHORT, 0, frozen=True)
    after = network.backbone.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    network.train()
    assert network.dropout.training and not any(m.training for m in network.backbone.modules())
    assert network.head.weight.grad is not None


def test_a_fixed_head_by_hand():
    how = glm.Standardization(
        torch.tensor([1.0, 2.0]), torch.tensor([2.0, 4.0]), torch.zeros(2, dtype=torch.bool)
    )
    head = FixedHead(torch.tensor([[1.0, -1.0]]), torch.tensor([0.5]), how)
    assert head(torch.tensor([[5.0, 10.0]])).tolist() == [[0.5]]  # 2 - 2 + 0.5
    assert {name for name, _ in head.named_parameters()} == {"shift", "log_factor"}
    with torch.no_grad():
        head.shift += 0.5  # half a unit of the feature: means 2 and 4
        head.log_factor += math.log(2)  # scales 4 and 8
    assert head.mean.tolist() == [2, 4] and head.scale.tolist() == pytest.approx([4, 8])
    assert head(torch.tensor([[6.0, 12.0]])).item() == pytest.approx(0.5)  # 1 - 1 + 0.5
    assert head.slope.tolist()[0] == pytest.approx([1 / 4, -1 / 8])


def test_no_step_turns_a_sign_however_faint_the_feature():
    """A unit that is learned as it is passes 0 at once, and its logits leap to the sky."""
    how = glm.Standardization(
        torch.zeros(2), torch.tensor([1e-3, 1e3]), torch.zeros(2, dtype=torch.bool)
    )
    head = FixedHead(torch.tensor([[1.0, 1.0], [-1.0, 1.0]]), torch.zeros(2), how)
    features, labels = torch.tensor([[1e-3, 2e3], [-1e-3, 1e3]]), torch.tensor([1, 0])
    steps = torch.optim.AdamW(head.parameters(), lr=0.1)
    for _ in range(50):
        steps.zero_grad()
        loss = nn.functional.cross_entropy(head(features), labels)
        loss.backward()
        steps.step()
    assert (head.scale > 0).all() and loss.item() < 5


def test_a_network_is_made_where_its_backbone_lies():
    network = make_dense(backbones.build("tiny").to("meta"), CLASSES)
    places = [*network.parameters(), *network.buffers()]
    assert {tensor.device.type for tensor in places} == {"meta"}


def test_a_checkpoint_of_another_layer_or_backbone_is_not_taken(dense, pictures, kept, tmp_path):
    settings = pipeline.falling(SHORT, 1)
    pipeline.iterate(dense, pictures, kept, settings, 0, rounding=Rounding(2), checkpoints=tmp_path)
    with pytest.raises(UsageError, match="belongs to another network"):
        pipeline.iterate(
            dense, pictures, kept, settings, 0, rounding=Rounding(1), checkpoints=tmp_path
        )
    with pytest.raises(UsageError, match="belongs to another network"):
        zero = Rounding(2, bias="zero")
        pipeline.iterate(dense, pictures, kept, settings, 0, rounding=zero, checkpoints=tmp_path)
    with pytest.raises(UsageError, match="belongs to another network"):
        pipeline.iterate(
            dense, pictures, kept.flip(0), settings, 0, rounding=Rounding(2), checkpoints=tmp_path
        )
    file = tmp_path / "dense.pt"
    pipeline.train_dense(pictures, backbones.build("tiny"), SHORT, 0, checkpoint=file)
    with pytest.raises(UsageError, match="belongs to another network"):
        pipeline.train_dense(
            pictures, backbones.build("tiny"), SHORT, 0, frozen=True, checkpoint=file
        )


def test_every_pass_draws_anew():
    seeds = [pipeline.seed_of(run, place) for run in range(3) for place in range(1, 5)]
    assert len(set(seeds)) == 12 and not set(seeds) & {0, 1, 2}


def test_a_fit_that_did_not_arrive_is_told(dense, pictures, kept, monkeypatch):
    path = pipeline.fit_sparse(dense, kept, pictures.train, CLASSES)
    fits = (*path.fits[:-2], replace(path.fits[-2], converged=False, residual=0.5), path.last)
    monkeypatch.setattr(glm, "fit_path", lambda *_, **__: replace(path, fits=fits))
    with pytest.raises(FewbitsError, match=r"stopped at a residual of 5.0e-01 .* expected .*e-0"):
        pipeline.fit_sparse(dense, kept, pictures.train, CLASSES)


def test_a_head_of_other_width_is_refused():
    backbone = backbones.build("tiny")
    with pytest.raises(UsageError, match="expects 3 features, 2 are kept"):
        FeatureNetwork(backbone, torch.arange(2), DenseHead(3, 4), 0.1)


def test_a_layer_goes_over_the_features_it_was_fitted_on(dense, pictures, kept):
    path = pipeline.fit_sparse(dense, kept, pictures.train, CLASSES)
    fit, how = path.last, path.standardization
    network = pipeline.with_layer(dense, kept, fit.weights, fit.bias, how)
    table = pipeline.features_of(dense, pictures.test)[:, kept]
    expected = how.apply(table) @ fit.weights.T + fit.bias
    found = network(to_float(pictures.test.images))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_the_loop_trains_around_layers_that_stay(dense, pictures, kept, rounds):
    assert len(rounds) == 2
    for one in rounds:
        before, after = one.rounded.head, one.tuned.head
        assert torch.equal(before.weight, after.weight) and torch.equal(before.bias, after.bias)
        assert torch.equal(after.weight, one.layer.weights)
        assert not torch.equal(before.mean, after.mean)
        assert 0 < int((one.layer.codes != 0).sum()) <= 2 * CLASSES
        assert torch.equal(one.tuned.kept, dense.kept[kept])
    assert accuracy(rounds[-1].tuned, pictures.test) > 0.5, "four colours: chance is 0.25"


def test_a_round_begins_where_the_last_one_ended(pictures, kept, rounds):
    again = pipeline.fit_sparse(rounds[0].tuned, torch.arange(len(kept)), pictures.train, CLASSES)
    torch.testing.assert_close(again.last.weights, rounds[1].path.last.weights)


def test_the_loop_leaves_the_dense_network_alone(dense, pictures, kept):
    before = deepcopy(dense.state_dict())
    pipeline.iterate(dense, pictures, kept, [SHORT], 0, rounding=Rounding(2))
    assert all(torch.equal(before[name], value) for name, value in dense.state_dict().items())


def test_a_loop_that_was_killed_goes_on_with_the_same_result(
    dense, pictures, kept, rounds, tmp_path
):
    settings = pipeline.falling(SHORT, 2)

    def stop(place):
        def at_once(*_):
            raise KeyboardInterrupt

        return at_once if place == 2 else None

    given = {"rounding": SOLVED, "checkpoints": tmp_path}
    with pytest.raises(KeyboardInterrupt):
        pipeline.iterate(dense, pictures, kept, settings, 0, on_stage=stop, **given)
    assert [file.name for file in tmp_path.iterdir()] == ["round-1.pt"]
    again = pipeline.iterate(dense, pictures, kept, settings, 0, **given)
    whole = rounds[-1].tuned.state_dict()
    assert all(torch.equal(whole[name], v) for name, v in again[-1].tuned.state_dict().items())


def test_sldd_keeps_the_largest_weights_as_they_are(dense, pictures, kept):
    path = pipeline.fit_sparse(dense, kept, pictures.train, CLASSES)
    weights = pipeline.sldd_layer(path, per_class=2).weights
    assert int((weights != 0).sum()) == 2 * CLASSES
    kinds = [
        fit for fit in path.fits if torch.equal(weights[weights != 0], fit.weights[weights != 0])
    ]
    assert kinds, "the weights of one point of the path, not rounded"
    left = kinds[0].weights[weights == 0].abs().max()
    assert left <= weights[weights != 0].abs().min()


def test_a_path_sparser_than_the_budget_keeps_all_it_has(dense, pictures, kept):
    table = pipeline.features_of(dense, pictures.train)[:, kept]
    most = glm.lambda_max(table, pictures.train.labels, CLASSES)
    path = glm.fit_path(table, pictures.train.labels, CLASSES, lambdas=[most, 0.7 * most])
    found = pipeline.sldd_layer(path)
    assert 0 < int(found.nonzeros().sum()) < 5 * CLASSES
    assert torch.equal(found.weights, path.last.weights)


def test_the_densest_point_within_a_budget(dense, pictures, kept):
    path = pipeline.fit_sparse(dense, kept, pictures.train, CLASSES)
    counts = [int(fit.nonzeros().sum()) for fit in path.fits]
    for budget in (0, 3, max(counts)):
        found = int(pipeline.densest_within(path, budget).nonzeros().sum())
        assert found == max(count for count in counts if count <= budget)


def test_learning_rates_fall():
    rates = [s.learning_rate for s in pipeline.falling(SHORT, 3)]
    assert rates == pytest.approx([3e-3, 2.7e-3, 2.43e-3])
    with pytest.raises(UsageError, match="at least one round, got 0"):
        pipeline.falling(SHORT, 0)


def test_dense_networks_use_every_feature():
    network = make_dense(backbones.build("tiny"), CLASSES)
    assert network.head.weight.shape == (CLASSES, network.backbone.features)
    assert network.kept.tolist() == list(range(network.backbone.features))


def test_a_transformers_patches_are_features_as_convolutions_maps_are(pictures, tmp_path):
    """Trained, sparsified and rounded, and read back from its checkpoint for the same pictures."""

    def small() -> models.VisionTransformer:
        return models.VisionTransformer(
            image_size=SIDE, patch_size=8, num_layers=1, num_heads=2, hidden_dim=16, mlp_dim=16
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "get_model", lambda name, weights: small())
        backbone = backbones.build("vit_b_16", side=2 * SIDE)
        large = replace(pictures, train=twice(pictures.train), test=twice(pictures.test))
        dense = pipeline.train_dense(large, backbone, SHORT, 0, checkpoint=tmp_path / "dense.pt")
        read = load_network(tmp_path / "dense.pt", "vit_b_16", 2 * SIDE)
        with pytest.raises(FewbitsError, match=r"dense.pt does not hold a network on vit_b_16"):
            load_network(tmp_path / "dense.pt", "vit_b_16", SIDE)
    images = to_float(large.test.images)
    with torch.no_grad():
        maps = dense.eval().maps(images)
        torch.testing.assert_close(read(images), dense(images))
    assert maps.shape == (32, 16, SIDE // 4, SIDE // 4)
    kept = pipeline.keep_features(dense, large.train, CLASSES, FEATURES)
    path = pipeline.fit_sparse(dense, kept, large.train, CLASSES)
    assert path.last.weights.abs().sum() > 0


def twice(split: Split) -> Split:
    """Each pixel four times."""
    return Split(split.images.repeat_interleave(2, 2).repeat_interleave(2, 3), split.labels)
