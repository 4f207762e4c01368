"""The bench times what it says: the same network, the same bits, ratios within a round."""

import json

import pytest
from torch import nn

from fewbits.errors import FewbitsError
from fewbits.pact import bench, networks


def test_times_every_kind_of_layer(monkeypatch):
    monkeypatch.setattr(bench, "BATCH", 8)
    rows = {row.layers: row for row in bench.step_times("compact", 2, with_brevitas=False)}
    assert set(rows) == {
        "float",
        *(f"{name} {b}" for name in ("sawb", "dorefa", "lsq") for b in (4, 2)),
    }
    assert rows["float"].ratio == 1
    assert all(0 < row.low <= row.median <= row.high for row in rows.values())


def test_brevitas_gets_the_same_bits():
    pytest.importorskip("brevitas")
    made = bench.brevitas_network(networks.compact(10), 2)
    kinds = [type(layer).__name__ for layer in made]
    assert kinds.count("QuantConv2d") == 5 and kinds.count("QuantReLU") == 6
    widths = [
        int(layer.weight_quant.bit_width().item())
        for layer in made
        if type(layer).__name__ in ("QuantConv2d", "QuantLinear")
    ]
    assert widths == [8, 2, 2, 2, 2, 8]


def test_a_missing_brevitas_is_one_line(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "brevitas.nn", None)
    with pytest.raises(FewbitsError, match="needs brevitas: pip install"):
        bench.brevitas_network(nn.Sequential(nn.ReLU()), 2)


def test_the_command_writes_its_figures(monkeypatch, tmp_path, capsys):
    from fewbits.cli import bench as command

    row = bench.StepTime("compact", "float", 1.0, 2.0, 3.0, 1.0)
    monkeypatch.setattr(bench, "step_times", lambda network, rounds, brevitas: [row])
    command.pact(rounds=2, brevitas=False, out=tmp_path / "bench.json")
    assert "1.0 to 3.0" in capsys.readouterr().out
    found = json.loads((tmp_path / "bench.json").read_text())
    assert found["steps"][0]["median"] == 2.0 and "git_revision" in found["provenance"]
