"""Replays to show: three short trainings on the digits, and one whose every number is by hand."""

import functools
from collections import OrderedDict

import torch
from torch import nn

from fewbits import data
from fewbits.pact import pipeline
from fewbits.pact.convert import Recipe, quantize_network
from fewbits.pact.replay import Frame, Recorder, Replay
from fewbits.pact.replay_bins import Layer, LayerFrame
from fewbits.training import TrainSettings, to_float

SETTINGS = TrainSettings(epochs=2, batch_size=32, learning_rate=2e-2)  # three steps an epoch
RECIPES = {
    "starts at 30": Recipe("2", clip=30.0),
    "fitted start": Recipe("2"),
    "LSQ from 30": Recipe("4", clip=30.0, activations="lsq"),
}


NAMES = (*RECIPES, "by hand")


def small_network() -> nn.Sequential:
    torch.manual_seed(3)
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        conv1=nn.Conv2d(1, 4, 3, padding=1, bias=False),
        norm1=nn.BatchNorm2d(4),
        pool1=nn.MaxPool2d(4),
        act1=nn.ReLU(),
        conv2=nn.Conv2d(4, 6, 3, padding=1),
        act2=nn.ReLU(),
        flatten=nn.Flatten(),
        fc=nn.Linear(6 * 49, 10),
    )
    return nn.Sequential(layers)


@functools.cache
def recorded() -> dict[str, Replay]:
    """Seven frames each: a clip out of reach, one that fits, and one that LSQ moves."""
    split = data.load("digits").train.first(96)
    replays = {}
    for name, recipe in RECIPES.items():
        network = quantize_network(small_network(), recipe, to_float(split.images))
        recorder = Recorder(network, split.images[:40], split.labels[:40], every=1)
        pipeline.fine_tune(network, split, SETTINGS, seed=1, on_step=recorder)
        replays[name] = recorder.replay()
    return replays


def by_hand() -> Replay:
    """Two frames. In ``wide`` everything leaves as 0; in ``narrow`` half is clipped."""
    wide = Layer(bits=2, learns="pact", low=-1.0, width=0.5, bins=4)
    narrow = Layer(bits=1, learns="pact", low=0.0, width=1.0, bins=2)
    frames = [
        Frame(
            step,
            accuracy,
            loss,
            known,
            {
                "wide": LayerFrame(8.0, (0, 5, 4, 1), clipped=0.0, zero=1.0, used=1),
                "narrow": LayerFrame(alpha, (6, 6), clipped=0.5, zero=0.25, used=2),
            },
        )
        for step, accuracy, loss, known, alpha in (
            (0, 0.1, 2.5, None, 1.0),
            (20, 0.9, 0.4, 1.5, 1.5),
        )
    ]
    return Replay({"wide": wide, "narrow": narrow}, tuple(frames))


def samples() -> dict[str, Replay]:
    return {**recorded(), "by hand": by_hand()}
