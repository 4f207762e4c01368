"""The two small networks of the PACT chapters. Both read grey images of 28 x 28 pixels in [0, 1].

Max-pooling stands before the activation: both only pick or keep order, so the result is the same
and the activation has a quarter of the work.
"""

from collections import OrderedDict

from torch import nn

from fewbits.errors import UsageError

NAMES = ("classic", "compact")


def classic(num_classes: int) -> nn.Sequential:
    """The network of the saliency paper (arXiv 2411.05858): conv 32, conv 64, fc 128, fc 10."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 32, 3),
            act1=nn.ReLU(),
            conv2=nn.Conv2d(32, 64, 3),
            pool2=nn.MaxPool2d(2),
            act2=nn.ReLU(),
            flatten=nn.Flatten(),
            fc1=nn.Linear(64 * 12 * 12, 128),
            act3=nn.ReLU(),
            fc2=nn.Linear(128, num_classes),
        )
    )


def compact(num_classes: int) -> nn.Sequential:
    """Five convolutions with batch norm, a global mean, one linear layer: 103,000 weights."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    channels, pooled = (1, 16, 32, 48, 64, 96), (1, 3)
    for i, (before, after) in enumerate(zip(channels, channels[1:], strict=False), start=1):
        layers[f"conv{i}"] = nn.Conv2d(before, after, 3, padding=1, bias=False)
        layers[f"norm{i}"] = nn.BatchNorm2d(after)
        if i in pooled:
            layers[f"pool{i}"] = nn.MaxPool2d(2)
        layers[f"act{i}"] = nn.ReLU()
    layers["mean"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    # The mean of a few levels has many more; this one brings it back onto a grid once quantised.
    layers["act6"] = nn.ReLU()
    layers["fc"] = nn.Linear(channels[-1], num_classes)
    return nn.Sequential(layers)


def build(name: str, num_classes: int) -> nn.Sequential:
    """Build a network by name, with freshly drawn weights.

    Raises:
        UsageError: no network has that name.
    """
    match name:
        case "classic":
            return classic(num_classes)
        case "compact":
            return compact(num_classes)
    raise UsageError(f"unknown network {name!r}: expected one of {', '.join(NAMES)}")
