"""Vision transformers as backbones: the patches' tokens, each in its place, positions that fit."""

import re

import pytest
import torch
from torch import nn
from torchvision import models

from fewbits import backbones
from fewbits.backbones import checking
from fewbits.backbones.transformers import PatchMaps, patch_maps
from fewbits.errors import FewbitsError, UsageError

WIDTH, PATCH = 12, 8


def small(side: int = 32, **changes) -> models.VisionTransformer:
    """A transformer of torchvision's own making, with 4 x 4 patches."""
    settings = {"num_layers": 2, "num_heads": 2, "hidden_dim": WIDTH, "mlp_dim": 16} | changes
    return models.VisionTransformer(image_size=side, patch_size=PATCH, **settings).eval()


@pytest.fixture(autouse=True)
def same_draws() -> None:
    torch.manual_seed(0)


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """``vit_b_16`` is the small one while this is in use; what was asked of torchvision."""
    asked: list[object] = []

    def get_model(name: str, weights: object = None, **changes: int) -> models.VisionTransformer:
        asked.append(weights)
        return small(**changes)

    monkeypatch.setattr(models, "get_model", get_model)
    return asked


@torch.no_grad()
def encoded(network: models.VisionTransformer, shown: torch.Tensor) -> torch.Tensor:
    """What the network's own encoder gives while the whole network classifies."""
    caught = []
    handle = network.encoder.register_forward_hook(lambda _, __, out: caught.append(out))
    network(shown)
    handle.remove()
    return caught[0]


def test_maps_are_the_encoders_own_output_without_the_class_token():
    network = small()
    shown = torch.randn(3, 3, 32, 32)
    tokens = encoded(network, shown)
    with torch.no_grad():
        maps = PatchMaps(network)(shown)
    assert maps.shape == (3, WIDTH, 4, 4) and tokens.shape == (3, 17, WIDTH)
    for row in range(4):
        for column in range(4):
            torch.testing.assert_close(maps[:, :, row, column], tokens[:, 1 + 4 * row + column])


def test_a_real_one_gives_the_maps_of_its_own_encoder():
    network = models.get_model("vit_b_32").eval()
    backbone = backbones.build("vit_b_32").eval()
    backbone.body.load_state_dict(PatchMaps(network).state_dict())
    pictures = torch.rand(1, 3, 224, 224)
    tokens = encoded(network, (pictures - backbone.mean) / backbone.std)
    with torch.no_grad():
        maps = backbone(pictures)
    assert backbone.features == 768 and maps.shape == (1, 768, 7, 7)
    torch.testing.assert_close(maps.flatten(2).transpose(1, 2), tokens[:, 1:])


def test_each_cell_is_the_patch_in_its_place():
    """Where no block adds anything a token knows its own patch only; the class token knows none."""
    network = small()
    for block in network.encoder.layers:
        for layer in (block.self_attention.out_proj, block.mlp[3]):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
    maps = PatchMaps(network)
    black = torch.zeros(1, 3, 32, 32)
    for row, column in ((0, 3), (2, 1), (3, 3)):
        lit = black.clone()
        lit[:, :, PATCH * row : PATCH * (row + 1), PATCH * column : PATCH * (column + 1)] = 1
        with torch.no_grad():
            changed = (maps(lit) - maps(black)).abs().amax(1)[0] > 1e-6
        assert changed.nonzero().tolist() == [[row, column]]


def test_a_classifier_sees_no_class_token_in_the_maps():
    """The mean over cells is the mean over patches: 16 tokens, not 17."""
    network = small()
    shown = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        mean = PatchMaps(network)(shown).mean((2, 3))
    torch.testing.assert_close(mean, encoded(network, shown)[:, 1:].mean(1))


def test_weights_from_a_file_are_the_networks(offered, tmp_path):
    network = small(num_classes=5)
    torch.save(network.state_dict(), tmp_path / "tuned.pth")
    backbone = backbones.build("vit_b_16", tmp_path / "tuned.pth", side=32).eval()
    pictures = torch.rand(2, 3, 32, 32)
    tokens = encoded(network, (pictures - backbone.mean) / backbone.std)
    with torch.no_grad():
        torch.testing.assert_close(backbone(pictures).flatten(2).transpose(1, 2), tokens[:, 1:])
    assert backbone.note.endswith(
        "its classifier is another one (heads.head.weight: 5 x 12 instead of 1000 x 12); only what "
        "makes the feature maps is taken from it"
    )
    assert offered == [None]


def test_names_of_torchvisions_files_of_2022_are_known(offered, tmp_path):
    state = small().state_dict()
    old = {
        name.replace("mlp.0.", "mlp.linear_1.").replace("mlp.3.", "mlp.linear_2."): value
        for name, value in state.items()
    }
    assert set(old) != set(state)
    torch.save(old, tmp_path / "old.pth")
    backbone = backbones.build("vit_b_16", tmp_path / "old.pth", side=32)
    assert backbone.note == ""
    assert all(torch.equal(state[n], value) for n, value in backbone.body.state_dict().items())


@pytest.mark.parametrize("side", [16, 64])
def test_positions_are_stretched_to_the_side_and_that_is_said(offered, side, tmp_path):
    """Corners stay where they are, as align_corners has it, and so does the class token's."""
    network = small()
    torch.save(network.state_dict(), tmp_path / "small.pth")
    backbone = backbones.build("vit_b_16", tmp_path / "small.pth", side=side).eval()
    rows = side // PATCH
    assert backbone.note == (
        f"{tmp_path / 'small.pth'}: the weights' positions of 4 x 4 patches are stretched to "
        f"{rows} x {rows}, for pictures of {side} x {side} pixels"
    )
    assert backbones.grid_at(backbone, side) == (rows, rows)
    held, ours = network.encoder.pos_embedding, backbone.body.encoder.pos_embedding
    assert ours.shape == (1, rows**2 + 1, WIDTH)
    for where, whence in ((0, 0), (1, 1), (rows, 4), (rows**2, 16)):
        torch.testing.assert_close(ours[0, where], held[0, whence], atol=1e-5, rtol=1e-5)


def test_published_positions_are_stretched_too(offered):
    backbone = backbones.build("vit_b_16", backbones.PUBLISHED, side=64)
    assert offered == ["DEFAULT"]
    assert backbone.note.startswith("the weights' positions of 4 x 4 patches are stretched to 8 x")
    assert backbones.build("vit_b_16", backbones.PUBLISHED, side=32).note == ""


def test_fresh_positions_are_drawn_as_torchvision_draws_them():
    maps, note = patch_maps(small(), 160, published=False)
    positions = maps.encoder.pos_embedding
    assert note == "" and positions.shape == (1, 401, WIDTH) and positions.requires_grad
    drawn = small(160).encoder.pos_embedding.std().item()
    assert positions.std().item() == pytest.approx(drawn, rel=0.1)


def test_another_side_is_refused_before_anything_is_computed(offered):
    with pytest.raises(UsageError, match=re.escape("--side 100: patches of 8 x 8 pixels do not")):
        backbones.build("vit_b_16", side=100)
    with pytest.raises(UsageError, match="choose a multiple of 8, 16 for example"):
        backbones.build("vit_b_16", side=5)
    backbone = backbones.build("vit_b_16", side=32)
    with pytest.raises(UsageError, match=r"--side 64: vit_b_16 cannot .*32 x 32 pixels, got 64 x"):
        backbones.grid_at(backbone, 64)
    with pytest.raises(UsageError, match="--side 8: of such .* maps of a single place"):
        backbones.grid_at(backbones.build("vit_b_16", side=8), 8)


@pytest.mark.parametrize("patches", [5, 0])
def test_positions_of_no_square_are_another_networks(offered, patches, tmp_path):
    state = small().state_dict() | {"encoder.pos_embedding": torch.zeros(1, patches + 1, WIDTH)}
    torch.save(state, tmp_path / "odd.pth")
    said = f"encoder.pos_embedding: 1 x {patches + 1} x 12 instead of 1 x 17 x 12"
    with pytest.raises(FewbitsError, match=said):
        backbones.build("vit_b_16", tmp_path / "odd.pth", side=32)


def test_a_network_that_ends_in_tokens_of_unknown_places_is_refused(monkeypatch):
    class Tokens(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.patches = nn.Conv2d(3, 6, 32, 32)
            self.head = nn.Linear(6, 10)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return self.head(self.patches(images).flatten(2).transpose(1, 2).mean(1))

    monkeypatch.setattr(models, "get_model", lambda name, weights: Tokens())
    with pytest.raises(UsageError, match="vit_b_16 has no feature maps at its end") as caught:
        backbones.build("vit_b_16")
    assert "\n" not in str(caught.value)


def test_a_side_that_does_not_fit_is_one_line_and_no_listing(capsys):
    """Traced networks print their code when they fail."""

    class Windows(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images.reshape(-1, 3, images.shape[2] // 7, 7, images.shape[3] // 7, 7)

    traced = torch.fx.symbolic_trace(Windows())
    half = (0.5, 0.5, 0.5)
    with pytest.raises(UsageError, match="--side 8: windows cannot see pictures of this size"):
        checking.grid_at(backbones.Backbone("windows", traced, 3, half, half), 8)
    assert capsys.readouterr().err == ""
