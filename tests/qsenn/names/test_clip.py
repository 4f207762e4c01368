"""open_clip's models: its own transform, its own files, and names that lead to none."""

import json
import re

import open_clip
import pytest
import torch
from PIL import Image

from fewbits.errors import FewbitsError, UsageError
from fewbits.qsenn.names.clip import Clip, load_clip
from fewbits.qsenn.names.concepts import Concepts
from fewbits.qsenn.names.tiny_clip import TEXT, TOKENS, build_tiny

CONFIG = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "patch_size": 16, "width": 16, "head_width": 8, "layers": 1},
    "text_cfg": TEXT | {"width": 16, "heads": 2},
}
TEXTS = ("a bird in snow", "a bird with a red crown")


@pytest.fixture(scope="module")
def clip() -> Clip:
    return build_tiny(32, seed=0)


@pytest.fixture
def named(tmp_path, monkeypatch):
    """A model that open_clip knows by name while the test runs, and a file with weights of it."""
    from open_clip import factory

    monkeypatch.setattr(factory, "_MODEL_CONFIG_PATHS", [*factory._MODEL_CONFIG_PATHS])
    monkeypatch.setattr(factory, "_MODEL_CONFIGS", factory._MODEL_CONFIGS)
    (tmp_path / "Small-Bird.json").write_text(json.dumps(CONFIG))
    open_clip.add_model_config(tmp_path / "Small-Bird.json")
    torch.manual_seed(0)
    model = open_clip.CLIP(**CONFIG).eval()
    torch.save(model.state_dict(), tmp_path / "weights.pt")
    return model, tmp_path / "weights.pt"


def test_similarities_are_those_of_open_clips_own_steps(named):
    model, file = named
    loaded = load_clip("Small-Bird", file)
    pictures = torch.randint(0, 256, (3, 3, 48, 48), dtype=torch.uint8)
    prepare = open_clip.image_transform(32, is_train=False)
    by_hand = torch.stack(
        [prepare(Image.fromarray(one.permute(1, 2, 0).numpy())) for one in pictures]
    )
    with torch.no_grad():
        seen = model.encode_image(by_hand, normalize=True)
        texts = open_clip.SimpleTokenizer(context_length=TOKENS)(list(TEXTS))
        expected = seen @ model.encode_text(texts, normalize=True).T
    # Pillow rounds resized pixels to whole numbers.
    torch.testing.assert_close(loaded.similarities(pictures, TEXTS), expected, atol=2e-3, rtol=0)


def test_batches_change_nothing_and_the_mode_stays(clip):
    pictures = torch.randint(0, 256, (5, 3, 32, 32), dtype=torch.uint8)
    clip.model.train()
    whole, parts = (clip.similarities(pictures, TEXTS, size) for size in (64, 2))
    assert clip.model.training and whole.shape == (5, 2) and not whole.requires_grad
    torch.testing.assert_close(whole, parts)
    assert whole.abs().max() <= 1


def test_it_sees_what_its_own_classification_says(clip):
    """Radford et al.'s zero-shot: a softmax of the logits over the texts of a group."""
    pictures = torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8)
    concepts = Concepts(("snow", "crown"), TEXTS, ("one", "one"))
    with torch.no_grad():
        logits = clip.model.logit_scale.exp() * clip.similarities(pictures, TEXTS)
    torch.testing.assert_close(clip.see(pictures, concepts), logits.softmax(1))


def test_a_folder_brings_its_weights(tmp_path):
    torch.manual_seed(0)
    model = open_clip.CLIP(**CONFIG).eval()
    (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": CONFIG}))
    torch.save(model.state_dict(), tmp_path / "open_clip_pytorch_model.bin")
    loaded = load_clip(f"local-dir:{tmp_path}")
    assert torch.equal(loaded.model.visual.proj, model.visual.proj) and not loaded.model.training
    with pytest.raises(UsageError, match=re.escape(f"{tmp_path} brings its weights: leave x out")):
        load_clip(f"local-dir:{tmp_path}", "x")


def test_a_folder_without_weights_names_nothing(tmp_path):
    (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": CONFIG}))
    with pytest.raises(FewbitsError, match="expected open_clip weights of this model, got Runtime"):
        load_clip(f"local-dir:{tmp_path}")


def test_a_file_of_other_weights_is_refused(named, tmp_path):
    _, file = named
    torch.save({"layer.weight": torch.zeros(2)}, file)
    with pytest.raises(FewbitsError, match=r"weights.pt could not be loaded: expected open_clip"):
        load_clip("Small-Bird", file)
    file.write_bytes(b"no weights")
    with pytest.raises(FewbitsError, match="expected open_clip weights of this model, got"):
        load_clip("Small-Bird", file)


@pytest.mark.parametrize(
    ("name", "weights", "message"),
    [
        ("ViT-B-23", "openai", "open_clip has no model 'ViT-B-23'; expected one of open_clip.list"),
        ("qqq", "openai", "ViT-B-32, RN50 for example, or hf-hub: or local-dir:..."),
        ("ViT-B-32", None, "ViT-B-32 without weights cannot tell a picture from another: expected"),
        ("ViT-B-32", "gone.pt", "gone.pt is not there: expected a file of weights of ViT-B-32, or"),
        ("ViT-B-32", "gone.pt", "openai"),
    ],
)
def test_names_that_lead_to_no_model_are_refused(name, weights, message):
    with pytest.raises(FewbitsError, match=re.escape(message)):
        load_clip(name, weights)


def test_a_tag_is_asked_of_open_clip(monkeypatch):
    asked = {}

    def create_model(name, pretrained, **_):
        asked[name] = pretrained
        raise RuntimeError("Failed to download weights for tag 'openai': no network\nmore")

    monkeypatch.setattr(open_clip, "create_model", create_model)
    with pytest.raises(FewbitsError, match="got RuntimeError: Failed to download .*: no network$"):
        load_clip("ViT-B-32", "openai")
    assert asked == {"ViT-B-32": "openai"}
