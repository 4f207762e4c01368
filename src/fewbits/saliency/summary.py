"""From one number an image to means with intervals, beside the noise floor."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from fewbits.metrics import MEASURES, bootstrap_seeds
from fewbits.saliency.measuring import Numbers
from fewbits.saliency.models import MODELS

Member = tuple[str, int]
Intervals = dict[str, dict[str, dict[str, float]]]


def summarise(
    models: Mapping[Member, Numbers],
    pairs: Mapping[tuple[Member, Member], Numbers],
    labels: Int[Tensor, " image"],
) -> dict[str, object]:
    """The report's metrics; ``accuracy`` is that on the explained images.

    ``pairs`` and ``noise_floor`` hold agreement, ``models`` faithfulness (and its gain over random
    pixels, image by image), clarity and localisation, each by method as mean, low and high of a
    95 % interval over seeds and images. Agreement is over images that both networks read rightly;
    ``flipped`` holds it where their classes differ.
    ``against_trained_on`` holds paired differences from the float copy that was merely trained on:
    what is left of a change once its training is taken off.
    """
    models = {member: with_gains(found) for member, found in models.items()}
    names = list(dict.fromkeys(name for name, _ in models))
    seeds = sorted({seed for _, seed in models})
    right = {member: found["prediction"] == labels for member, found in models.items()}
    own: dict[str, list[tuple[Member, Member]]] = {}
    for name in names:
        if (start := MODELS[name].start) is not None:
            own[name] = [((name, seed), (start, seed)) for seed in seeds]
    held = {f"{name} | {MODELS[name].start}": which for name, which in own.items()}
    across: dict[str, list[tuple[Member, Member]]] = {}
    for one, other in pairs:
        if one[0] == other[0]:
            across.setdefault(one[0], []).append((one, other))

    def agreement(which: Sequence[tuple[Member, Member]], flipped: bool = False) -> Intervals:
        masks = [
            models[a]["prediction"] != models[b]["prediction"] if flipped else right[a] & right[b]
            for a, b in which
        ]
        involved = [tuple(sorted({a[1], b[1]})) for a, b in which]
        return intervals([pairs[pair] for pair in which], masks, involved)

    return {
        "accuracy": {
            name: asdict(bootstrap_seeds(torch.stack([right[name, s] for s in seeds]).double()))
            for name in names
        },
        "models": {
            name: intervals(
                [models[name, s] for s in seeds],
                [right[name, s] for s in seeds],
                [(s,) for s in seeds],
            )
            for name in names
        },
        "pairs": {name: agreement(which) for name, which in held.items()},
        "flipped": {
            name: {
                "images": sum(
                    int((models[a]["prediction"] != models[b]["prediction"]).sum())
                    for a, b in which
                ),
                **agreement(which, flipped=True),
            }
            for name, which in held.items()
        },
        "noise_floor": {
            "seeds": {name: agreement(which) for name, which in across.items()},
            "trained_on": agreement(own["float, trained on"]),
        },
        "against_trained_on": _differences(models, pairs, right, names, seeds),
    }


def with_gains(numbers: Numbers) -> Numbers:
    """The same and, for each faithfulness, how much better a map is than random on that image.

    A network may simply bear more deletion than another; then random pixels score worse on it too,
    and only the gain over them tells of the map. Above 0 is better than chance.
    """
    gains = {}
    for key, values in numbers.items():
        method, _, measure = key.partition(" ")
        if measure.startswith("faithfulness.") and method != "random":
            gain = numbers[f"random {measure}"] - values
            gains[f"{key}.gain"] = gain if MEASURES[measure].direction == "lower" else -gain
    return numbers | gains


def _differences(
    models: Mapping[Member, Numbers],
    pairs: Mapping[tuple[Member, Member], Numbers],
    right: Mapping[Member, Bool[Tensor, " image"]],
    names: Sequence[str],
    seeds: Sequence[int],
) -> dict[str, Intervals]:
    """Each tuned member of the float's family minus the copy trained on, image by image."""
    floor = "float, trained on"
    found = {}
    for name in names:
        model = MODELS[name]
        if model.start != "float" or not model.tuned or name == floor:
            continue
        rows, masks = [], []
        for s in seeds:
            mine, base = models[name, s], models[floor, s]
            alike, usual = pairs[(name, s), ("float", s)], pairs[(floor, s), ("float", s)]
            row = {key: mine[key] - base[key] for key in mine if " " in key}
            rows.append(row | {key: alike[key] - usual[key] for key in alike})
            masks.append(right[name, s] & right[floor, s] & right["float", s])
        found[name] = intervals(rows, masks, [(s,) for s in seeds])
    return found


def intervals(
    rows: Sequence[Numbers],
    masks: Sequence[Bool[Tensor, " image"]],
    seeds: Sequence[tuple[int, ...]],
) -> Intervals:
    """``{method: {measure: {mean, low, high, count}}}`` over the images that the masks let through.

    Args:
        rows: one set of numbers a network (or pair of networks), named "method measure".
        masks: for each, which images count.
        seeds: of each, one seed or the two of a pair.
    """
    found: Intervals = {}
    counts = torch.stack(list(masks))
    for key in rows[0]:
        method, _, measure = key.partition(" ")
        if measure and counts.any():
            values = torch.stack([row[key] for row in rows])
            cell = asdict(bootstrap_seeds(values.double(), counts, seeds))
            found.setdefault(method, {})[measure] = cell
    return found
