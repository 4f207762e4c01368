"""One plain training loop: seeded, checkpointed, resumed after a kill with the same result."""

from fewbits.training.asking import accuracy, predict, reestimate_batch_norm
from fewbits.training.batches import augment, batches, to_float, vary
from fewbits.training.checkpoints import content_digest, weights_in
from fewbits.training.context import modes_kept, pick_device, repeatable, seeded
from fewbits.training.descent import parameter_groups
from fewbits.training.loop import LARGEST_SEED, Loss, cross_entropy, fit
from fewbits.training.progress import OnStage, OnStep, Progress, stage
from fewbits.training.settings import StepDecay, TrainSettings
from fewbits.training.sharing import ALONE, Processes, processes

__all__ = [
    "ALONE",
    "LARGEST_SEED",
    "Loss",
    "OnStage",
    "OnStep",
    "Processes",
    "Progress",
    "StepDecay",
    "TrainSettings",
    "accuracy",
    "augment",
    "batches",
    "content_digest",
    "cross_entropy",
    "fit",
    "modes_kept",
    "parameter_groups",
    "pick_device",
    "predict",
    "processes",
    "reestimate_batch_norm",
    "repeatable",
    "seeded",
    "stage",
    "to_float",
    "vary",
    "weights_in",
]
