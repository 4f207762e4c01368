"""Every plan, layer by layer, for the networks of four and six layers."""

import pytest

from fewbits.errors import UsageError
from fewbits.pact.plans import plan_bits

# weights | inputs of each layer, from the image to the logits
PLANS = {
    (4, "8", "8"): "8|8 8|8 8|8 8|8",
    (4, "4", "8"): "8|8 4|4 4|4 8|8",
    (4, "2", "8"): "8|8 2|2 2|2 8|8",
    (4, "4/2", "8"): "8|8 4|4 2|2 8|8",
    (4, "8", "same"): "8|8 8|8 8|8 8|8",
    (4, "4", "same"): "4|8 4|4 4|4 4|4",
    (4, "2", "same"): "2|8 2|2 2|2 2|2",
    (4, "4/2", "same"): "4|8 4|4 2|2 2|2",
    (6, "8", "8"): "8|8 8|8 8|8 8|8 8|8 8|8",
    (6, "4", "8"): "8|8 4|4 4|4 4|4 4|4 8|8",
    (6, "2", "8"): "8|8 2|2 2|2 2|2 2|2 8|8",
    (6, "4/2", "8"): "8|8 4|4 4|4 2|2 2|2 8|8",
    (6, "4", "same"): "4|8 4|4 4|4 4|4 4|4 4|4",
    (6, "2", "same"): "2|8 2|2 2|2 2|2 2|2 2|2",
    (6, "4/2", "same"): "4|8 4|4 4|4 2|2 2|2 2|2",
    (5, "4/2", "8"): "8|8 4|4 4|4 2|2 8|8",
}


@pytest.mark.parametrize(("layers", "name", "ends"), PLANS)
def test_plan(layers: int, name: str, ends: str) -> None:
    plan = plan_bits(name, layers, ends)
    written = " ".join(f"{layer.weights}|{layer.inputs}" for layer in plan)
    assert written == PLANS[layers, name, ends]


@pytest.mark.parametrize("name", ["3", "0", "9", "x", "32", "", "4/2/1"])
def test_unknown_plan(name: str) -> None:
    with pytest.raises(UsageError, match=f"unknown plan '{name}': expected one of 8, 4, 4/2, 2"):
        plan_bits(name, 6)


def test_unknown_ends() -> None:
    with pytest.raises(UsageError, match="unknown setting 'soft' for ends: expected 8 or same"):
        plan_bits("4", 6, "soft")
