"""The small CLIP: the loss is open_clip's, its training is seeded and resumed, and it learns."""

import math
from dataclasses import replace

import open_clip
import pytest
import torch
from torchvision.transforms.functional import normalize

from fewbits.data.birds import MixedBirds
from fewbits.data.birds.mixed import NAMES
from fewbits.errors import FewbitsError, UsageError
from fewbits.qsenn.names import probing, tiny_clip
from fewbits.qsenn.names.concepts import concepts_of
from fewbits.qsenn.names.matching import match
from fewbits.qsenn.names.naming import name_by, name_features
from fewbits.qsenn.names.scoring import correlations
from fewbits.training import TrainSettings, to_float

COLOURS = {"red": (220, 30, 30), "blue": (30, 30, 220), "white": (240, 240, 240)}
CROWNS = [NAMES.index(f"has_crown_color::{name}") for name in COLOURS]
SHORT = TrainSettings(epochs=2, batch_size=16, learning_rate=1e-3, shift=0)


def crowns(count: int, seed: int) -> MixedBirds:
    """Pictures all of one colour, which is the only thing that is said of them."""
    generator = torch.Generator().manual_seed(seed)
    which = torch.randint(3, (count,), generator=generator)
    noise = torch.randint(-12, 13, (count, 3, 32, 32), generator=generator)
    paint = torch.tensor(list(COLOURS.values()))[which][:, :, None, None]
    shown = torch.zeros(count, len(NAMES), dtype=torch.bool)
    shown[torch.arange(count), torch.tensor(CROWNS)[which]] = True
    return MixedBirds((paint + noise).to(torch.uint8), shown)


def test_the_loss_is_open_clips_mean_over_captions():
    clip = tiny_clip.build_tiny(32, seed=1)
    clip.model.eval()
    images = to_float(crowns(4, 0).images)
    tokens = torch.stack([clip.tokenize([text]) for text in ("a", "b", "c", "d")])
    loss = tiny_clip.CaptionLoss(tokens, each=3)
    found = loss(clip.model, images, torch.arange(4))
    normal = normalize(images, open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD)
    seen = clip.model.encode_image(normal, normalize=True)
    read = clip.model.encode_text(tokens[:, 0], normalize=True)
    expected = open_clip.ClipLoss()(seen, read, clip.model.logit_scale.exp())
    torch.testing.assert_close(found, expected)
    with torch.no_grad():
        clip.model.logit_scale.fill_(9.0)
    hottest = open_clip.ClipLoss()(seen, read, torch.tensor(100.0))
    torch.testing.assert_close(loss(clip.model, images, torch.arange(4)), hottest)


def test_labels_are_rows_of_captions():
    clip = tiny_clip.build_tiny(32, seed=1)
    clip.model.eval()
    images = to_float(crowns(4, 0).images)
    tokens = torch.stack([clip.tokenize([text]) for text in ("a", "b", "c", "d")])
    order = torch.tensor([2, 0, 3, 1])
    moved = tiny_clip.CaptionLoss(tokens)(clip.model, images[order], order)
    straight = tiny_clip.CaptionLoss(tokens)(clip.model, images, torch.arange(4))
    torch.testing.assert_close(moved, straight)


def test_training_is_seeded_and_goes_on_where_it_was_cut_off(tmp_path):
    birds, file = crowns(24, 0), tmp_path / "clip.pt"
    whole = tiny_clip.train_tiny(birds, 3, SHORT).model.state_dict()

    def stop(step, steps, progress):
        if progress.epoch == 1:
            raise KeyboardInterrupt

    before = torch.random.get_rng_state()
    with pytest.raises(KeyboardInterrupt):
        tiny_clip.train_tiny(birds, 3, SHORT, checkpoint=file, on_step=stop)
    seen = []
    again = tiny_clip.train_tiny(
        birds, 3, SHORT, checkpoint=file, on_step=lambda step, *_: seen.append(step)
    )
    assert seen == [3, 4], "the second epoch only"
    assert all(torch.equal(whole[name], value) for name, value in again.model.state_dict().items())
    assert not again.model.training
    assert torch.equal(before, torch.random.get_rng_state())
    other = tiny_clip.train_tiny(birds, 4, replace(SHORT, epochs=1)).model.state_dict()
    assert not torch.equal(whole["logit_scale"], other["logit_scale"])
    with pytest.raises(UsageError, match="belongs to a training with other settings"):
        tiny_clip.train_tiny(birds, 4, SHORT, checkpoint=file)


def test_words_keep_their_first_vectors():
    birds = crowns(16, 0)
    before = tiny_clip.build_tiny(32, seed=0).model.token_embedding.weight
    after = tiny_clip.train_tiny(birds, 0, replace(SHORT, epochs=1)).model.token_embedding.weight
    assert torch.equal(before, after) and math.isfinite(after.sum().item())


def test_from_pictures_and_captions_to_names():
    """Three features that answer to a colour each are called so, by a CLIP that has seen others."""
    settings = TrainSettings(epochs=12, batch_size=16, learning_rate=2e-3, shift=0)
    clip = tiny_clip.train_tiny(crowns(48, 0), 0, settings)
    probe, judge = crowns(40, 1), crowns(40, 2)
    features, others = (one.shown[:, CROWNS].float() for one in (probe, judge))
    concepts = concepts_of([NAMES[place] for place in CROWNS])
    naming = name_features(features, probe.images, clip, concepts)
    names = naming.at(0.5)
    assert [name.concept for name in names] == list(concepts.names)
    assert all(name.named and name.score > name.runner_up_score for name in names)
    for place, name in enumerate(names):
        assert features[list(name.evidence), place].all()
    truth = correlations(others, judge.shown[:, CROWNS].float())
    assert match(naming, truth, 0.5, floor=0.3).first.of_used == 1
    by_truth = name_by(features, features, concepts)
    assert by_truth.best.tolist() == naming.best.tolist()


def test_features_of_other_pictures_are_refused(unchecked):
    birds, clip = crowns(4, 0), tiny_clip.build_tiny(32, seed=0)
    with pytest.raises(UsageError, match="features of the same pictures, got 4 rows for 3"):
        name_features(torch.rand(4, 2), birds.images[1:], clip, concepts_of(NAMES))


@pytest.mark.parametrize("width", [tiny_clip.TEXT_WIDTH, 32])
def test_a_checkpoint_is_the_clip_again(tmp_path, width):
    file, pictures, once = tmp_path / "clip.pt", crowns(6, 1).images, replace(SHORT, epochs=1)
    trained = tiny_clip.train_tiny(crowns(16, 0), 0, once, width, checkpoint=file)
    # Of another picture's size, and so another network.
    with pytest.raises(FewbitsError, match="does not hold the tiny CLIP of this version: expected"):
        tiny_clip.load_tiny(file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiny_clip, "SIDE", 32)
        again = tiny_clip.load_tiny(file)
    texts = ("a bird in snow", "a bird with a red crown")
    assert torch.equal(trained.similarities(pictures, texts), again.similarities(pictures, texts))
    with pytest.raises(FewbitsError, match=r"gone.pt is not there: expected a checkpoint of the t"):
        tiny_clip.load_tiny(tmp_path / "gone.pt")


def test_its_birds_are_kept_and_are_not_those_of_names(tmp_path):
    plan = tiny_clip.Plan(3, SHORT)
    birds = tiny_clip.birds_for(plan, tmp_path)
    assert birds.images.shape == (3, 3, tiny_clip.SIDE, tiny_clip.SIDE)
    assert len(list(tmp_path.iterdir())) == 1
    assert len({tiny_clip.BIRDS_SEED, probing.NAMED_SEED, probing.JUDGED_SEED}) == 3
