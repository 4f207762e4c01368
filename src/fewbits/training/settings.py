"""How long, how hard and in which way to train."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Steps:
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
        learning_rate: the peak of a one-cycle schedule, or the first of ``steps``.
        weight_decay: AdamW's, on weights only (not on clips, steps, norms or biases); with
            ``steps`` SGD's, on everything.
        shift: each image is moved by up to this many pixels a step, in both directions.
        mirror: flip half of the images left to right (clothes, never digits).
        steps: SGD in steps instead of AdamW under a one-cycle schedule.
        varied: each image is also changed by TrivialAugmentWide (arXiv 2103.10158) and its colours
            by up to a tenth.
    """

    epochs: int
    batch_size: int = 128
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    shift: int = 2
    mirror: bool = False
    steps: Steps | None = None
    varied: bool = False
