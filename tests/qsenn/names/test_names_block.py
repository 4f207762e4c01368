"""One network's names as numbers: a layer that reads colours off, and one that reads nothing."""

import json
from dataclasses import replace

import pytest
import torch
from torch import nn

from fewbits import backbones
from fewbits.data import pictures
from fewbits.data.birds import draw_mixed
from fewbits.data.birds.mixed import NAMES
from fewbits.errors import UsageError
from fewbits.qsenn import pipeline
from fewbits.qsenn.names.block import naming_block
from fewbits.qsenn.names.board import boards_for
from fewbits.qsenn.names.concepts import Concepts, concepts_of
from fewbits.qsenn.names.naming import name_by, name_from_attributes
from fewbits.qsenn.names.probing import (
    Answers,
    Probe,
    Probes,
    answers,
    ask,
    mixed_probes,
    presence_of,
    probe_mixed,
    probe_set,
    set_probes,
)
from fewbits.qsenn.names.scoring import correlations
from fewbits.qsenn.network import DenseHead, FeatureNetwork, make_dense

RATES = {"of_used", "of_named", "chance", "swapped"}
RGB = Concepts(("red", "green", "blue"), ("red", "green", "blue"), ("colour",) * 3)


class Channels(nn.Module):
    """A body whose maps are the picture's three colours, and a fourth that is always 1."""

    def forward(self, images):
        return torch.cat([images, torch.ones_like(images[:, :1])], dim=1)


def colour_network() -> FeatureNetwork:
    backbone = backbones.Backbone("colours", Channels(), 4, (0.0,) * 3, (1.0,) * 3)
    network = FeatureNetwork(backbone, torch.arange(4), DenseHead(4, 2), dropout=0.0).eval()
    with torch.no_grad():
        network.head.weight.copy_(torch.tensor([[1.0, 1, 1, 0], [0, 1, 0, 0]]))
    return network


def coloured(count: int, seed: int) -> Probe:
    """Pictures in which each colour is there or not, by itself."""
    generator = torch.Generator().manual_seed(seed)
    there = torch.rand(count, 3, generator=generator) < 0.5
    noise = torch.randint(0, 60, (count, 3, 4, 4), generator=generator)
    images = (there[:, :, None, None] * 150 + noise).to(torch.uint8)
    return Probe(images, torch.arange(count), there.float())


def asked(count: int = 100, **changed) -> tuple[Answers, Probes]:
    """What the network says of colours; ``changed`` is so on both probes."""
    named, judged = (replace(coloured(count, seed), **changed) for seed in (0, 1))
    probes = Probes(named, judged, RGB.names)
    return ask(colour_network(), probes), probes


def test_a_layer_that_reads_colours_off_is_named_by_them():
    answers, probes = asked()
    boards = boards_for(answers, probes, RGB, 0.2 + 0.01 * probes.named_on.presence)
    found = naming_block(boards)
    assert found["features_used"] == 3, "the fourth has no weight"
    for kind in ("attributes", "clip"):
        block = found[kind]
        assert 0 < block["threshold"] < 0.5 and block["named"] == 1
        assert set(block["first"]) == RATES and block["first"]["of_used"] == 1
        assert block["first"]["chance"] == pytest.approx(1 / 3)
        assert block["groups"] == {"colour": {"features": 3, "right": 3}}
    assert found["agree"] == 1
    json.dumps(found, allow_nan=False)


def test_a_board_holds_what_a_reader_can_ask():
    answers, probes = asked()
    board = boards_for(answers, probes, RGB)["attributes"]
    assert board.columns == (0, 1, 2) and board.naming.scores.shape == board.truth.shape == (3, 3)
    expected = correlations(answers.judged, probes.judged_on.presence)
    assert torch.equal(board.truth, expected)
    assert [name.concept for name in board.names()] == list(RGB.names)
    for name in board.names():
        shown = probes.named_on.presence[list(name.evidence), name.feature]
        assert shown.all(), "its loudest pictures have the colour that it is called by"
    assert not any(name.named for name in board.names(threshold=1))
    assert board.judge().first.of_used == 1 and board.judge(1).first.of_used == 0


def test_columns_are_those_of_the_layer():
    network = colour_network()
    with torch.no_grad():
        network.head.weight[:, 0] = 0
    probes = asked()[1]
    board = boards_for(ask(network, probes), probes, RGB)["attributes"]
    assert [(name.feature, name.concept) for name in board.names()] == [(1, "green"), (2, "blue")]


def test_a_threshold_can_be_given_and_without_a_clip_it_is_unknown():
    found = naming_block(boards_for(*asked(40), RGB), threshold=1)
    assert found["clip"] is found["agree"] is None and found["attributes"]["named"] == 0
    assert found["attributes"]["first"] == {
        "of_used": 0, "of_named": None, "chance": pytest.approx(1 / 3),
        "swapped": pytest.approx(1 / 3),
    }  # fmt: skip


def test_a_clip_that_mixes_two_colours_up_agrees_on_the_third():
    answers, probes = asked()
    mixed_up = probes.named_on.presence[:, [1, 0, 2]]
    found = naming_block(boards_for(answers, probes, RGB, mixed_up))
    assert found["agree"] == found["clip"]["first"]["of_used"] == pytest.approx(1 / 3)
    assert found["clip"]["group"]["of_used"] == 1


def test_names_without_a_truth_are_not_judged():
    answers, probes = asked()
    alike, unknown = probes.named_on.presence, probes.unknown()
    boards = boards_for(answers, unknown, RGB, alike)
    assert set(boards) == {"clip"} and unknown.attributes == ()
    assert [name.concept for name in boards["clip"].names()] == list(RGB.names)
    with pytest.raises(UsageError, match="nobody knows it of these concepts"):
        naming_block(boards)


def test_a_layer_without_weights_has_no_names():
    network = colour_network()
    with torch.no_grad():
        network.head.weight.zero_()
    probes = asked()[1]
    boards = boards_for(ask(network, probes), probes, RGB)
    unknown = dict.fromkeys(("attributes", "clip", "agree"))
    assert naming_block(boards) == {"features_used": 0, **unknown}


def test_whole_classes_are_dealt_where_the_probe_has_classes():
    answers, probes = asked(60)
    named = probes.named_on
    classes = (named.presence @ torch.tensor([1.0, 2.0, 4.0])).long()
    alone = boards_for(answers, probes, RGB)
    with_classes = replace(probes, named_on=replace(named, classes=classes))
    together = boards_for(answers, with_classes, RGB)
    assert alone["attributes"].chance < 0.5 < together["attributes"].chance


def test_some_concepts_of_both_probes():
    probes = asked()[1]
    some = probes.only([2, 0])
    assert some.attributes == ("blue", "red")
    assert torch.equal(some.judged_on.presence, probes.judged_on.presence[:, [2, 0]])
    assert probes.unknown().only([]).named_on.presence is None


def test_a_sets_truth_is_its_pictures_or_else_its_classes(tmp_path, monkeypatch):
    monkeypatch.setitem(pictures.DRAWN, "smoke", (3, 4, 2))
    known = pictures.load_pictures("birds", tmp_path)
    seen = presence_of(known, known.train)
    assert torch.equal(seen, known.train.attributes.float())
    blind = replace(known.train, attributes=None)
    assert torch.equal(presence_of(known, blind), known.class_attributes[known.train.labels])
    with pytest.raises(UsageError, match="birds knows no attributes of its pictures or classes: n"):
        presence_of(replace(known, class_attributes=None), blind)

    split = pictures.with_pixels(known, 32).train
    probe = probe_set(known, known.train, split.images)
    assert torch.equal(probe.classes, known.train.labels)
    assert torch.equal(probe.ids, known.train.image_ids)
    assert probe_set(replace(known, class_attributes=None), blind, split.images).presence is None
    assert set_probes(known, pictures.with_pixels(known, 32)).attributes == known.attribute_names
    network = make_dense(backbones.build("tiny"), 3).eval()
    table = answers(network, probe)
    assert torch.equal(table, pipeline.features_of(network, split))
    naming = name_from_attributes(table, known, known.train)
    expected = name_by(table, seen, concepts_of(known.attribute_names))
    assert torch.equal(naming.scores, expected.scores)


def test_mixed_birds_make_a_probe():
    birds = draw_mixed(3, 0, 16)
    probe = probe_mixed(birds)
    assert probe.classes is None and torch.equal(probe.presence, birds.shown.float())
    assert probe.presence.shape[1] == len(NAMES) and probe.ids.tolist() == [0, 1, 2]


def test_names_are_found_and_judged_on_other_mixed_birds(tmp_path):
    probes = mixed_probes(2, 16, tmp_path)
    assert probes.attributes == NAMES and len(list(tmp_path.iterdir())) == 2
    assert not torch.equal(probes.named_on.images, probes.judged_on.images)
