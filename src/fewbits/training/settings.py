"""How long, how hard and in which way to train."""

from dataclasses import asdict, dataclass

LATER = ("decay", "varied")  # settings that 0.1.0 had not


@dataclass(frozen=True)
class StepDecay:
    """Plain SGD whose rate falls in steps, as papers of the years before 2020 train.

    Attributes:
        every: epochs between two falls.
        factor: what each fall multiplies the rate by.
        momentum: SGD's.
        backbone: the rate of all that is not the last layer, ``head``, as a share of the head's.
    """

    every: int
    factor: float
    momentum: float = 0.9
    backbone: float = 1.0


@dataclass(frozen=True)
class TrainSettings:
    """How long and how hard to train.

    Attributes:
        epochs: passes over the training images.
        batch_size: images a step.
        learning_rate: the peak of a one-cycle schedule, or the first rate of ``decay``.
        weight_decay: AdamW's, on weights only (not on clips, steps, norms or biases); with
            ``decay`` SGD's, on everything.
        shift: each image is moved by up to this many pixels a step, in both directions.
        mirror: flip half of the images left to right (clothes, never digits).
        decay: SGD in steps instead of AdamW under a one-cycle schedule.
        varied: each image is also changed by TrivialAugmentWide (arXiv 2103.10158) and its colours
            by up to a tenth.
    """

    epochs: int
    batch_size: int = 128
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    shift: int = 2
    mirror: bool = False
    decay: StepDecay | None = None
    varied: bool = False

    def told(self) -> dict[str, object]:
        """As checkpoints and reports tell them; what came later is told only where it is used.

        So a training of an earlier version goes on.
        """
        told = asdict(self)
        return {name: value for name, value in told.items() if name not in LATER or value}
