"""What decides a ProtoQuant run's numbers: the settings, checked, and the recipes behind them."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from fewbits import backbones
from fewbits.backbones import Backbone
from fewbits.data import SCALES
from fewbits.data.picture_sets import PICTURES
from fewbits.errors import UsageError
from fewbits.features import RECOLOURED
from fewbits.protoquant import pipeline
from fewbits.protoquant.aligned import AlignSettings
from fewbits.protoquant.head import HeadSettings
from fewbits.protoquant.kmeans import ROUNDS
from fewbits.protoquant.learning import LearnSettings
from fewbits.protoquant.mapping import KINDS
from fewbits.protoquant.measuring import ATTACKED, DRAWS
from fewbits.protoquant.scores import TEMPERATURE, check_temperature
from fewbits.training import LARGEST_SEED

PAPER = "paper"  # the published recipe
BASELINES = ("random-codes", "kmeans-codes", "channels")
"""What else a head is made for: codes of noise, of k-means, and bare channels as in PIP-Net."""

ALIGNED = "aligned"
RIVALS = (*BASELINES, ALIGNED)
"""With prototypes learned as PIP-Net's, which cost a second look at each training picture."""
SIDES = {"smoke": 64, "real": 224, PAPER: 224}
EPOCHS = {"smoke": 10, "real": 20, PAPER: 20}  # of a backbone that comes without weights
DRAWN = tuple(name for name, info in PICTURES.items() if info.drawn)
PROBE = HeadSettings(epochs=60, learning_rate=0.003, decay=1e-4)
HEAD = HeadSettings()
RECIPE = {
    "probe": PROBE.told(),
    "head": HEAD.told(),
    "codes": asdict(LearnSettings()),
    "sample": pipeline.SAMPLE,
    "rounds": ROUNDS,
    "attacked": ATTACKED,
    "draws": DRAWS,
}
"""What else decides the numbers: with another recipe it is another run."""

PUBLISHED: dict[str, Any] = {
    "backbone": "convnext_tiny",
    "weights": "published",
    "mapping": "none",
    "codes": 2048,
    "start": "orthogonal",
    "learn": 60,
}
"""What the recorded recipe of the reference code for ImageNet sets; the rest is this run's own."""

PUBLISHED_HEAD = HeadSettings(epochs=60, learning_rate=5e-4, decay=0.0, as_published=True)
"""Stage 2's epochs and rate are not recorded: they are stage 1's. A weight is put back on 0 where
the reference code has a ReLU, behind which it would be dead."""

DIFFERS = (
    "each picture is seen once, as it is, and kept in 16 bits; the reference code sees it anew in "
    "every epoch, varied",
    "a probe fitted to the frozen maps stands in for the backbone's own last layer",
    "in stage 2 codes stay as they are, and weights below 0 are put back on 0, where the reference "
    "code goes on learning codes by default and has a ReLU",
    "the backbone is not tuned to the set first, unless --tune says so",
)
"""What a run at ``paper`` does otherwise than the reference code. It tells its user so."""


@dataclass(frozen=True)
class Settings:
    """Everything that decides a run's numbers, checked when made.

    Attributes:
        dataset: as :func:`fewbits.data.pictures.load_pictures` knows it.
        backbone: ``tiny`` or a classifier of torchvision with feature maps.
        weights: a file, ``published``, or nothing.
        tune: epochs in which the backbone is trained under a plain classifier before it is frozen;
            0 leaves it as it comes, -1 is the scale's own: none where weights are given.
        mapping: what vectors go through before the cosine.
        codes: how many, K.
        start: how they begin: ``random``, ``orthogonal`` or ``kmeans``.
        learn: epochs in which they are learned by gradient; 0 leaves them as they began.
        per_class: codes that a class keeps.
        temperature: of the softmax over codes; None for plain cosines.
        scale: ``smoke`` for few pictures, ``real`` for all of them, ``paper`` for all of them
            under the published recipe; what that sets beside these is in :data:`PUBLISHED`.
        side: height and width at which pictures are looked at, in pixels; 0 for the default.
        layer: an inner map of the backbone instead of its last, as
            :func:`fewbits.backbones.earlier` names them.
        baselines: the vocabularies that the codes are held against, of :data:`RIVALS`.
        still: measures, too, whether codes hold still under noise and attack. The backbone looks
            again for that, for most of a run's time where its maps are in the cache.

    Raises:
        UsageError: a name is not known or a number out of range.
    """

    dataset: str
    backbone: str = backbones.TINY
    weights: str = ""
    tune: int = -1
    mapping: str = "centred"
    codes: int = 256
    start: str = "kmeans"
    learn: int = 10
    per_class: int = 10
    temperature: float | None = TEMPERATURE
    scale: str = "smoke"
    seed: int = 0
    side: int = 0
    layer: str = ""
    baselines: tuple[str, ...] = BASELINES
    still: bool = True

    def __post_init__(self) -> None:
        check_temperature(self.temperature)
        if strange := [name for name in self.baselines if name not in RIVALS]:
            raise UsageError(
                f"unknown baseline {', '.join(map(repr, strange))}: expected all, none, or some of "
                f"{', '.join(RIVALS)}"
            )
        for name, value, known in (
            ("scale", self.scale, (*SCALES, PAPER)),
            ("mapping", self.mapping, KINDS),
            ("start", self.start, pipeline.STARTS),
        ):
            if value not in known:
                raise UsageError(f"unknown {name} {value!r}: expected one of {', '.join(known)}")
        for name, least, most in (
            ("tune", -1, 1000),
            ("codes", 2, 65_536),
            ("learn", 0, 1000),
            ("per_class", 1, self.codes),
            ("seed", 0, LARGEST_SEED),
            ("side", 0, 2048),
        ):
            if not least <= (got := getattr(self, name)) <= most:
                raise UsageError(f"{name} must be from {least} to {most:,}, got {got}")
        if self.scale == PAPER and self.dataset in DRAWN:
            raise UsageError(
                f"--scale {PAPER}: {self.dataset} are drawn here, no paper knows them; use real"
            )

    @property
    def read_scale(self) -> str:
        """How much of a set is read: all of it, too, where the published recipe is followed."""
        return "real" if self.scale == PAPER else self.scale

    @property
    def shown_side(self) -> int:
        """Height and width of a picture as the backbone sees it."""
        return self.side or SIDES["smoke" if self.dataset in DRAWN else self.scale]

    @property
    def tuned(self) -> int:
        """Epochs that the backbone is trained for before it is frozen."""
        if self.tune >= 0:
            return self.tune
        return 0 if self.weights else EPOCHS[self.scale]

    def learning(self, world: int = 1) -> LearnSettings:
        """How codes are learned. As published, a batch is 128 pictures a process."""
        how = replace(LearnSettings(), epochs=self.learn)
        return replace(how, batch_size=world * how.batch_size) if self.scale == PAPER else how

    def head(self, world: int = 1) -> HeadSettings:
        """How heads are trained."""
        if self.scale != PAPER:
            return HEAD
        return replace(PUBLISHED_HEAD, batch_size=world * PUBLISHED_HEAD.batch_size)

    def inner(self, backbone: Backbone) -> Backbone:
        """The backbone up to the map that is looked at; it shares the weights."""
        return backbones.earlier(backbone, self.layer) if self.layer else backbone

    def identity(self, world: int = 1) -> dict[str, object]:
        """What tells this run from any other: of weights their content, wherever they lie.

        As published, the number of processes makes the batch, and so belongs to it.
        """
        recipe = RECIPE
        if self.scale == PAPER:
            recipe = RECIPE | {
                "head": self.head(world).told(),
                "codes": asdict(self.learning(world)),
            }
        if ALIGNED in self.baselines:
            recipe = recipe | {ALIGNED: asdict(AlignSettings()) | {"view": RECOLOURED.name}}
        told = asdict(self) | ({"processes": world} if self.scale == PAPER else {})
        told["baselines"] = [name for name in RIVALS if name in self.baselines]
        for name, usual in (("layer", ""), ("baselines", list(BASELINES)), ("still", True)):
            if told[name] == usual:  # earlier reports know of none
                del told[name]
        return told | {
            "recipe": recipe,
            "side": self.shown_side,
            "tune": self.tuned,
            "weights": backbones.weights_identity(self.backbone, self.weights),
        }


def settings_of(scale: str, temperature: float | None = TEMPERATURE, **given: Any) -> Settings:
    """Settings from those that were given; None stands for the default, at ``paper`` PUBLISHED's.

    Raises:
        UsageError: as :class:`Settings`.
    """
    asked = {name: value for name, value in given.items() if value is not None}
    defaults = PUBLISHED if scale == PAPER else {}
    return Settings(**{**defaults, **asked}, scale=scale, temperature=temperature)
