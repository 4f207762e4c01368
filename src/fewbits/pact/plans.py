"""Which layer gets how many bits. A plan has a name, so that a result can say what it is."""

from dataclasses import dataclass

from fewbits.errors import UsageError

PLAN_NAMES = ("32", "8", "4", "4/2", "2")
END_NAMES = ("8", "same")


@dataclass(frozen=True)
class LayerBits:
    """Bits of one layer's weights and of the activations that enter it."""

    weights: int
    inputs: int


def plan_bits(name: str, layers: int, ends: str = "8") -> tuple[LayerBits, ...]:
    """Bits for each of ``layers`` weighted layers, from the image to the logits.

    Args:
        name: "8", "4" or "2": that many bits in every layer. "4/2": the half of the inner
            layers that is nearer to the image has 4 bits (the larger half when their number
            is odd), the rest 2.
        ends: "8" keeps the first and the last layer at 8 bits, as most papers do;
            "same" gives them the bits of their neighbours.

    The first layer's inputs are pixels: they have 8 bits in every plan.

    Raises:
        UsageError: no plan has that name ("32" means float: there is nothing to plan).
    """
    if name not in PLAN_NAMES[1:]:
        raise UsageError(f"unknown plan {name!r}: expected one of {', '.join(PLAN_NAMES[1:])}")
    if ends not in END_NAMES:
        raise UsageError(f"unknown setting {ends!r} for ends: expected {' or '.join(END_NAMES)}")
    if name == "4/2":
        inner = layers - 2
        widths = [4] * (1 + -(-inner // 2)) + [2] * (1 + inner // 2)
    else:
        widths = [int(name)] * layers
    plan = [LayerBits(weights=bits, inputs=bits) for bits in widths]
    if ends == "8":
        plan[-1] = LayerBits(8, 8)
    plan[0] = LayerBits(8 if ends == "8" else widths[0], 8)
    return tuple(plan)
