"""Backbones: the maps are the classifier's own last ones, whatever it is called."""

import re
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from torchvision import models

from fewbits import backbones
from fewbits.errors import FewbitsError, UsageError
from fewbits.features import backbone_fingerprint

# Where a classifier's logits are one linear layer of the maps' means, and which layer it is.
LINEAR = {
    "resnet18": lambda network: network.fc,
    "mobilenet_v2": lambda network: network.classifier,
    "densenet121": lambda network: network.classifier,
    "shufflenet_v2_x0_5": lambda network: network.fc,
    "swin_t": lambda network: network.head,  # its blocks hold the channels last
}


@pytest.fixture(autouse=True)
def same_draws() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("name", LINEAR)
def test_the_rest_of_the_classifier_makes_its_logits_of_the_maps(name, tmp_path):
    network = models.get_model(name).eval()
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    backbone = backbones.build(name, tmp_path / "weights.pth").eval()
    pictures = torch.rand(2, 3, 64, 96)
    with torch.no_grad():
        maps = backbone(pictures)
        expected = network((pictures - backbone.mean) / backbone.std)
        found = LINEAR[name](network)(maps.mean((2, 3)))
    assert maps.shape[:2] == (2, backbone.features)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_tiny_gives_maps_of_an_eighth_that_are_never_negative():
    backbone = backbones.build("tiny").eval()
    maps = backbone(torch.rand(2, 3, 64, 48))
    assert maps.shape == (2, backbone.features, 8, 6)
    assert (maps >= 0).all() and (maps > 0).any()


def test_maps_are_planes_not_rows():
    """ConvNeXt turns its pooled features into something of four dimensions."""
    assert backbones.build("convnext_tiny").features == 768


def test_colours_are_normalised_as_each_networks_weights_expect():
    assert backbones.build("resnet18").mean.flatten().tolist() == pytest.approx(
        [0.485, 0.456, 0.406]
    )
    assert backbones.build("regnet_y_400mf").std.flatten().tolist() == pytest.approx(
        [0.229, 0.224, 0.225]
    )
    wanted = models.EfficientNet_V2_S_Weights.DEFAULT.transforms().mean
    assert backbones.build("efficientnet_v2_s").mean.flatten().tolist() == pytest.approx(wanted)


def test_training_and_evaluation_reach_inside():
    backbone = backbones.build("resnet18")
    for mode in (True, False):
        backbone.train(mode)
        assert {layer.training for layer in backbone.modules()} == {mode}


def test_a_copy_is_in_the_mode_of_its_original():
    backbone, pictures = backbones.build("mobilenet_v2").eval(), torch.rand(2, 3, 64, 64)
    norms = [layer for layer in backbone.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    norms[0].train()  # a layer may be in a mode of its own
    copy = deepcopy(backbone)
    assert [m.training for m in copy.modules()] == [m.training for m in backbone.modules()]
    copy.eval(), backbone.eval()
    with torch.no_grad():
        torch.testing.assert_close(deepcopy(backbone)(pictures), backbone(pictures))
    copy.train()
    assert not torch.equal(copy(pictures), backbone(pictures))


def test_published_weights_are_asked_of_torchvision(monkeypatch):
    asked = []
    real = models.get_model

    def get_model(name, weights):
        asked.append(weights)
        return real(name)

    monkeypatch.setattr(models, "get_model", get_model)
    backbones.build("resnet18", backbones.PUBLISHED)
    assert asked == ["DEFAULT"]


@pytest.mark.parametrize(
    ("name", "weights", "message"),
    [
        (
            "resnet5",
            None,
            "no backbone is called 'resnet5'; expected tiny or a classifier of torch",
        ),
        ("fasterrcnn_resnet50_fpn", None, "no backbone is called 'fasterrcnn_resnet50_fpn'"),
        ("squeezenet1_1", None, "squeezenet1_1 has no layer behind its last maps"),
        ("tiny", "published", "tiny has no weights of its own"),
    ],
)
def test_what_cannot_be_a_backbone_is_refused(name, weights, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        backbones.build(name, weights)


def fine_tuned(name, classes, file):
    """A classifier of torchvision's saved with another number of classes, and the network."""
    network = models.get_model(name, num_classes=classes).eval()
    torch.save(network.state_dict(), file)
    return network


@pytest.mark.parametrize(("name", "layer"), [("resnet18", "fc"), ("mobilenet_v2", "classifier.1")])
def test_a_classifier_of_other_classes_is_left_out_and_that_is_said(name, layer, tmp_path):
    file = tmp_path / "tuned.pth"
    network = fine_tuned(name, 7, file)
    backbone = backbones.build(name, file).eval()
    pictures = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        expected = network((pictures - backbone.mean) / backbone.std)
        found = LINEAR[name](network)(backbone(pictures).mean((2, 3)))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    width = network.get_submodule(layer).in_features
    assert backbone.note == (
        f"{file}: its classifier is another one ({layer}.weight: 7 x {width} instead of "
        f"1000 x {width}); only what makes the feature maps is taken from it"
    )


def test_a_classifier_that_is_built_otherwise_or_missing_is_none_of_our_business(tmp_path):
    network = models.get_model("resnet18")
    whole = network.state_dict()
    features = {name: value for name, value in whole.items() if not name.startswith("fc.")}
    deeper = features | {"fc.0.weight": torch.zeros(9, 512), "fc.2.weight": torch.zeros(3, 9)}
    for state, said in (
        (whole, ""),
        (features, "(fc.weight: nothing instead of 1000 x 512)"),
        (deeper, "(fc.weight: nothing instead of 1000 x 512)"),
        (whole | {"fc.more": torch.tensor(1.0)}, "(fc.more: a number instead of nothing)"),
    ):
        torch.save(state, tmp_path / "weights.pth")
        backbone = backbones.build("resnet18", tmp_path / "weights.pth")
        assert said in backbone.note and bool(said) == bool(backbone.note)
        ours = backbone.body.extractor.state_dict()
        assert all(torch.equal(ours[name], value) for name, value in features.items())
    old = {name: v for name, v in whole.items() if not name.endswith("num_batches_tracked")}
    torch.save(old, tmp_path / "weights.pth")
    assert backbones.build("resnet18", tmp_path / "weights.pth").note == ""


@pytest.mark.parametrize(
    ("name", "saved", "said"),
    [
        # the same names, wider blocks
        (
            "shufflenet_v2_x0_5",
            "shufflenet_v2_x1_0",
            "266 are of another shape (stage2.0.branch1.2.",
        ),
        # all that resnet18 needs, and more
        ("resnet18", "resnet34", "96 are unknown to it (layer1.2.conv1.weight, "),
        ("resnet34", "resnet18", "80 of this one's are missing (layer1.2.conv1.weight, "),
        ("resnet18", "mobilenet_v2", "100 of this one's are missing (conv1.weight, bn1.weight, "),
    ],
)
def test_another_architecture_is_refused(name, saved, said, tmp_path):
    file = tmp_path / "weights.pth"
    fine_tuned(saved, 7, file)
    with pytest.raises(
        FewbitsError, match=re.escape(f"another network's weights: {said}")
    ) as caught:
        backbones.build(name, file)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_this_networks_is_refused(tmp_path):
    file = tmp_path / "weights.pth"
    with pytest.raises(FewbitsError, match=r"weights.pth is not there"):
        backbones.build("resnet18", file)
    file.write_bytes(b"not a checkpoint")
    with pytest.raises(FewbitsError, match=r"does not hold this network's weights"):
        backbones.build("resnet18", file)
    torch.save(models.get_model("mobilenet_v2").state_dict(), file)
    with pytest.raises(FewbitsError, match=r"another network's weights: \d+ of this one's are mis"):
        backbones.build("resnet18", file)
    file.write_bytes(b"")
    with pytest.raises(FewbitsError, match=r"does not hold this network's weights"):
        backbones.build("resnet18", file)
    torch.save([1, 2], file)
    with pytest.raises(FewbitsError, match=r"expected a state_dict"):
        backbones.build("resnet18", file)
    torch.save({"epoch": 3, "state_dict": models.get_model("resnet18").state_dict()}, file)
    with pytest.raises(FewbitsError, match=r"a dictionary of epoch, state_dict: save the state_d"):
        backbones.build("resnet18", file)


def test_weights_are_told_apart_by_what_they_are(tmp_path: Path) -> None:
    for name, content in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        (tmp_path / name).write_bytes(content)
    one, same, other = (
        backbones.weights_identity("resnet18", str(tmp_path / name)) for name in "abc"
    )
    assert one == same != other
    assert backbones.weights_identity("resnet18", "") == ""
    assert backbones.weights_identity("resnet50", "published") == "published IMAGENET1K_V2"
    with pytest.raises(UsageError, match="--weights gone: there is no such file"):
        backbones.weights_identity("resnet18", "gone")


def test_a_grid_is_known_before_anything_is_computed() -> None:
    backbone = backbones.build("tiny")
    assert backbones.grid_at(backbone, 40) == (5, 5)
    with pytest.raises(UsageError, match="--side 8: .* tiny makes maps of a single place"):
        backbones.grid_at(backbone, 8)
    with pytest.raises(UsageError, match="--side 4: tiny cannot see pictures of this size"):
        backbones.grid_at(backbone, 4)


@pytest.mark.parametrize("node", ["7", "10", "11", "14", "17"])
def test_an_earlier_end_gives_what_the_layer_there_gives(node):
    backbone = backbones.build("tiny")
    backbone(torch.rand(4, 3, 32, 32))  # statistics of its own
    pictures, statistics = torch.rand(2, 3, 64, 64), backbone.body[1].running_mean.clone()
    backbone.body[3].eval()
    cut = backbones.earlier(backbone, node)
    assert torch.equal(backbone.body[1].running_mean, statistics)
    assert backbone.training and not backbone.body[3].training and not cut.training
    shown = (pictures - backbone.mean) / backbone.std
    expected = backbone.eval().body[: int(node) + 1](shown)
    assert torch.equal(cut(pictures), expected) and cut.features == expected.shape[1]


def test_weights_of_an_earlier_end_are_shared_and_any_network_has_one():
    backbone = backbones.build("mobilenet_v2")
    cut = backbones.earlier(backbone, "add_8")
    assert cut.features == 160
    ours = {id(weight) for weight in backbone.parameters()}
    assert {id(weight) for weight in cut.parameters()} < ours


def test_two_ends_with_the_same_layers_are_told_apart_in_a_cache():
    backbone = backbones.build("mobilenet_v2").eval()
    before, after = (backbones.earlier(backbone, node) for node in ("features.15.conv.3", "add_8"))
    assert before.state_dict().keys() == after.state_dict().keys()
    assert backbone_fingerprint(before) != backbone_fingerprint(after)


@pytest.mark.parametrize(
    ("name", "node", "message"),
    [
        ("tiny", "18", "tiny has no '18' inside; expected one of its 19 nodes"),
        ("tiny", "", "for example"),
        ("vgg11", "no", "vgg11 has no 'no' inside"),
    ],
)
def test_an_end_that_is_not_there_is_refused(name, node, message):
    backbone = backbones.build(name)
    with pytest.raises(UsageError, match=re.escape(message)):
        backbones.earlier(backbone, node)
    assert backbone.training


def test_an_end_without_places_is_refused():
    flat = backbones.build("tiny")
    flat.body.append(torch.nn.AdaptiveAvgPool2d(1))
    with pytest.raises(UsageError, match=r"gives 128 x 1 x 1 numbers a picture, no maps"):
        backbones.earlier(flat, "18")


@pytest.mark.parametrize(
    ("name", "node", "shape"),
    [
        ("swin_t", "features.0.1", "56 x 56 x 96"),
        ("swin_t", "norm", "7 x 7 x 768"),
        ("convnext_tiny", "features.1.0.block.2", "56 x 56 x 96"),
    ],
)
def test_maps_with_their_channels_last_are_refused(name, node, shape):
    backbone = backbones.build(name)
    with pytest.raises(UsageError, match=f"gives {shape} numbers a picture, channels last: .*perm"):
        backbones.earlier(backbone, node)
    assert backbone.training


@pytest.mark.parametrize(
    ("name", "node", "shape"),
    [
        ("swin_t", "permute", (768, 2, 3)),
        ("convnext_tiny", "add", (96, 16, 24)),
        ("vgg11", "avgpool", (512, 7, 7)),  # of pictures of any size
    ],
)
def test_maps_with_their_channels_first_are_taken(name, node, shape):
    cut = backbones.earlier(backbones.build(name), node)
    assert cut.features == shape[0] and cut(torch.rand(1, 3, 64, 96)).shape[1:] == shape


def test_of_a_network_that_sees_one_size_only_maps_are_told_by_being_square(capfd):
    backbone = backbones.build("maxvit_t")
    maps, inside = "1.layers.0.layers.MBconv.layers.conv_c", "0.layers.0.layers.grid_attention"
    assert backbones.earlier(backbone, f"blocks.{maps}").features == 128
    with pytest.raises(UsageError, match="gives 64 x 49 x 64 numbers a picture, channels last"):
        backbones.earlier(backbone, f"blocks.{inside}.attn_layer.0")
    assert capfd.readouterr().err == ""


def test_what_are_no_numbers_of_a_picture_is_refused():
    """Behind shufflenet's concatenations sizes are reckoned with: tuples and whole numbers."""
    backbone = backbones.build("shufflenet_v2_x0_5")
    for node, kind in (("size", "Size"), ("getitem", "int")):
        with pytest.raises(UsageError, match=f"gives no numbers of a picture but a {kind}: choose"):
            backbones.earlier(backbone, node)


def test_an_earlier_end_of_a_vision_transformer_is_refused():
    backbone = backbones.build("vit_b_32")
    with pytest.raises(UsageError, match="vit_b_32 is a vision transformer, .* behind its encoder"):
        backbones.earlier(backbone, "encoder.layers.encoder_layer_3")


def test_what_is_to_be_known_of_weights_is_known_of_an_earlier_end():
    backbone = backbones.build("tiny")
    backbone.note = "its classifier is one of other classes"
    assert backbones.earlier(backbone, "7").note == backbone.note
