"""From one number an image to means with intervals, beside the noise floor."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from fewbits.metrics import MEASURES, Interval, bootstrap_seeds
from fewbits.saliency.findings import Cells, Findings, Flipped, NoiseFloor
from fewbits.saliency.measuring import BASELINES, Numbers
from fewbits.saliency.models import MODELS, Member

# The first minus the second, image by image. What training does is taken off: a copy that was
# tuned is held against one that was trained on for as long. What that does is the first line.
DIFFERENCES = (
    ("float, trained on", "float"),
    *((name, "float, trained on") for name in ("PACT 8", "PACT 4", "PACT 4/2", "PACT 2", "LSQ 2")),
    *((f"PTQ {bits}", "float") for bits in (8, 4, 2)),
    *((f"float, {bits}-bit gradient", "float") for bits in (8, 4, 2)),
    *((f"{kind} 2", f"{kind}, trained on") for kind in ("guided", "masked")),
    *((f"guided{rest}", f"masked{rest}") for rest in ("", ", trained on", " 2")),
    *((kind, "float") for kind in ("guided", "masked")),
    *((f"{kind} 2", "PACT 2") for kind in ("guided", "masked")),
)


def summarise(
    models: Mapping[Member, Numbers],
    pairs: Mapping[tuple[Member, Member], Numbers],
    labels: Int[Tensor, " image"],
) -> Findings:
    """Intervals of all that was measured.

    A network counts where it is right, two networks where both are.
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

    def agreement(which: Sequence[tuple[Member, Member]]) -> Cells:
        return over([right[a] & right[b] for a, b in which], which)

    def flipped(which: Sequence[tuple[Member, Member]]) -> Flipped:
        differ = [models[a]["prediction"] != models[b]["prediction"] for a, b in which]
        return Flipped(sum(int(mask.sum()) for mask in differ), over(differ, which))

    def over(
        masks: Sequence[Bool[Tensor, " image"]], which: Sequence[tuple[Member, Member]]
    ) -> Cells:
        involved = [tuple(sorted({a[1], b[1]})) for a, b in which]
        return intervals([pairs[pair] for pair in which], masks, involved)

    return Findings(
        images=len(labels),
        accuracy={
            name: bootstrap_seeds(torch.stack([right[name, s] for s in seeds]).double())
            for name in names
        },
        models={
            name: intervals(
                [models[name, s] for s in seeds],
                [right[name, s] for s in seeds],
                [(s,) for s in seeds],
            )
            for name in names
        },
        pairs={name: agreement(which) for name, which in held.items()},
        flipped={name: flipped(which) for name, which in held.items()},
        noise_floor=NoiseFloor(
            {name: agreement(which) for name, which in across.items()},
            agreement(own["float, trained on"]),
        ),
        differences={
            f"{name} | {other}": difference(name, other, models, pairs, right, seeds)
            for name, other in DIFFERENCES
            if name in names and other in names
        },
    )


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


def difference(
    name: str,
    other: str,
    models: Mapping[Member, Numbers],
    pairs: Mapping[tuple[Member, Member], Numbers],
    right: Mapping[Member, Bool[Tensor, " image"]],
    seeds: Sequence[int],
) -> Cells:
    """One model minus another, image by image, where both are right.

    Where both started from the same network, their agreement with it is compared too, and it has
    to be right as well.
    """
    start = MODELS[name].start
    rows, masks = [], []
    for s in seeds:
        mine, theirs = models[name, s], models[other, s]
        kept = [key for key in mine if key in theirs and _of_a_map(key)]
        row = {key: mine[key] - theirs[key] for key in kept}
        mask = right[name, s] & right[other, s]
        if start is not None and start == MODELS[other].start:
            alike, usual = pairs[(name, s), (start, s)], pairs[(other, s), (start, s)]
            row |= {key: alike[key] - usual[key] for key in alike}
            mask = mask & right[start, s]
        rows.append(row)
        masks.append(mask)
    return intervals(rows, masks, [(s,) for s in seeds])


def _of_a_map(key: str) -> bool:
    method, _, measure = key.partition(" ")
    return bool(measure) and method not in BASELINES


def intervals(
    rows: Sequence[Numbers],
    masks: Sequence[Bool[Tensor, " image"]],
    seeds: Sequence[tuple[int, ...]],
) -> Cells:
    """Means by method and measure, over the images that the masks let through.

    Args:
        rows: one set of numbers a network (or pair of networks), named "method measure".
        masks: for each, which images count.
        seeds: of each, one seed or the two of a pair.
    """
    found: dict[str, dict[str, Interval]] = {}
    counts = torch.stack(list(masks))
    for key in rows[0]:
        method, _, measure = key.partition(" ")
        if measure and counts.any():
            values = torch.stack([row[key] for row in rows])
            cell = bootstrap_seeds(values.double(), counts, seeds)
            found.setdefault(method, {})[measure] = cell
    return found
