"""A CLIP small enough to train in minutes, on drawn birds and sentences about them."""

import hashlib
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from fewbits.data import Split
from fewbits.data.birds import MixedBirds, draw_mixed
from fewbits.data.birds.mixed import NAMES
from fewbits.data.folders import data_folder
from fewbits.errors import FewbitsError
from fewbits.qsenn.names.captions import captions_of
from fewbits.qsenn.names.clip import Clip
from fewbits.training import OnStep, TrainSettings, fit, pick_device, seeded, weights_in

NAME = "tiny"
TOKENS = 64  # of a text, at most
EMBEDDING = 64
VISION = {"layers": [1, 1, 1, 1], "width": 16, "head_width": 64}
TEXT = {"context_length": TOKENS, "vocab_size": 49_408, "layers": 1}
TEXT_WIDTH = 64  # of the text's transformer; a head for each 32 of it

CAPTIONS = 8  # of each picture
EACH_STEP = 2  # of them read beside it: texts cost less than pictures, and both learn from each
SIDE = 64  # of the pictures, in pixels
SHARPEST = math.log(100)  # the logit scale stays below 100 (Radford et al., ICML 2021, 2.5)


@dataclass(frozen=True)
class Plan:
    """How many birds the small CLIP sees, how it trains, and how wide its text transformer is."""

    birds: int
    training: TrainSettings
    text_width: int = TEXT_WIDTH


# Pictures that are moved teach more slowly here. On one core the first takes about half a
# minute and then tells habitats apart and little else; the second takes three minutes and
# tells the colours of wings and, less surely, of crowns; neither tells bills, tails or patterns.
_LONG = TrainSettings(
    epochs=16, batch_size=64, learning_rate=1.5e-3, weight_decay=0.05, shift=0, mirror=True
)
PLANS = {
    "smoke": Plan(800, replace(_LONG, epochs=12, learning_rate=2e-3)),
    "real": Plan(2000, _LONG, text_width=128),
}
BIRDS_SEED = 1  # of the birds it learns from; those that names are found and judged on are others


@dataclass(frozen=True)
class CaptionLoss:
    """open_clip's contrastive loss of pictures and captions of them, drawn anew every step.

    Attributes:
        tokens: all captions; an image's label is its row.
        each: captions of a picture that one step reads.
    """

    tokens: Int[Tensor, "image caption token"]
    each: int = EACH_STEP

    @property
    def identity(self) -> str:
        """Tells trainings apart in checkpoints."""
        digest = hashlib.sha256(self.tokens.numpy().tobytes()).hexdigest()[:16]
        return f"clip, {self.each} of captions {digest}"

    def __call__(
        self, network: nn.Module, images: Tensor, labels: Int[Tensor, " image"]
    ) -> Float[Tensor, ""]:
        """The loss of one batch of an ``open_clip.CLIP``."""
        import open_clip

        clip: Any = network
        which = torch.randint(self.tokens.shape[1], (self.each, len(labels)))
        texts = self.tokens[labels.cpu(), which].to(images.device)
        mean, std = (
            torch.tensor(of, device=images.device)[:, None, None]
            for of in (clip.visual.image_mean, clip.visual.image_std)
        )
        seen = clip.encode_image((images - mean) / std, normalize=True)
        scale = clip.logit_scale.clamp(max=SHARPEST).exp()
        loss = open_clip.ClipLoss()
        read = clip.encode_text(texts.flatten(0, 1), normalize=True).unflatten(0, texts.shape[:2])
        return torch.stack([loss(seen, one, scale) for one in read]).mean()


def build_tiny(side: int, seed: int, text_width: int = TEXT_WIDTH) -> Clip:
    """The model before any training: open_clip's residual network and text transformer, small.

    Words keep the random vectors that they begin with. They are most of the network, and a few
    dozen of them ever occur.

    Args:
        side: height and width of the pictures it will look at, a multiple of 32.
        text_width: a multiple of 32.
    """
    import open_clip

    text = TEXT | {"width": text_width, "heads": text_width // 32}
    with seeded(seed):
        model = open_clip.CLIP(EMBEDDING, VISION | {"image_size": side}, text)
    model.token_embedding.requires_grad_(False)
    model.visual.to(memory_format=torch.channels_last)  # as the batches of a training
    mean, std = open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD
    open_clip.set_model_preprocess_cfg(model, {"size": side, "mean": mean, "std": std})
    return Clip(NAME, model.to(pick_device()), open_clip.SimpleTokenizer(context_length=TOKENS))


def train_tiny(
    birds: MixedBirds,
    seed: int,
    settings: TrainSettings,
    text_width: int = TEXT_WIDTH,
    *,
    checkpoint: Path | None = None,
    on_step: OnStep | None = None,
) -> Clip:
    """A CLIP that knows the drawn birds' attributes and habitats, and has seen no species.

    Args:
        birds: whose traits go together with nothing, so that words are learned one by one.
        checkpoint: written after every epoch; a training that was cut off goes on from it.

    Raises:
        FewbitsError: as :func:`fewbits.training.fit`.
    """
    clip = build_tiny(birds.images.shape[-1], seed, text_width)
    captions = captions_of(birds.shown, NAMES, CAPTIONS, seed)
    tokens = torch.stack([clip.tokenize(of_one) for of_one in captions])
    pictures = Split(birds.images, torch.arange(birds.count))
    loss = CaptionLoss(tokens, EACH_STEP)
    fit(clip.model, pictures, settings, seed, loss=loss, checkpoint=checkpoint, on_step=on_step)
    clip.model.eval()
    return clip


def birds_for(plan: Plan, data_dir: Path | None = None, workers: int = 1) -> MixedBirds:
    """The birds that the small CLIP learns from, kept where drawn birds are kept."""
    return draw_mixed(plan.birds, BIRDS_SEED, SIDE, data_folder(data_dir), workers)


def load_tiny(checkpoint: Path) -> Clip:
    """The small CLIP from a checkpoint of :func:`train_tiny`, in evaluation mode.

    Raises:
        FewbitsError: the file is missing, damaged or another network's.
    """
    if not checkpoint.is_file():
        raise FewbitsError(f"{checkpoint} is not there: expected a checkpoint of the {NAME} CLIP")
    state = weights_in(checkpoint)
    try:
        clip = build_tiny(SIDE, seed=0, text_width=len(state["ln_final.weight"]))
        clip.model.load_state_dict(state)
    except (KeyError, RuntimeError) as error:
        raise FewbitsError(
            f"{checkpoint} does not hold the {NAME} CLIP of this version: expected what "
            "`fewbits name qsenn --clip tiny` has left in its --out"
        ) from error
    clip.model.eval()
    return clip
