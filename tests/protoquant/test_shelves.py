"""Tables on disk: the numbers of memory, in 16 bits nearly so, and a fit that never loads all."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest
import torch
from part_toys import CLASSES, FEATURES, GRID, WORDS, flat, spoken_maps, words

from fewbits.data.disk import free_bytes
from fewbits.errors import FewbitsError, UsageError
from fewbits.protoquant import shelves
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.head import HeadSettings, fit_linear, spread_of
from fewbits.protoquant.mapping import fit_mapping
from fewbits.protoquant.scores import code_maps, score
from fewbits.protoquant.shelves import Shelf
from fewbits.training import Processes

SETTINGS = HeadSettings(epochs=10, batch_size=16, learning_rate=0.05)


class Maps:
    """Feature maps in memory, read as a cache's."""

    features, grid = FEATURES, (GRID, GRID)

    def __init__(self, maps):
        self.maps, self.count = maps, len(maps)

    def rows(self, indices):
        return self.maps[torch.as_tensor(indices)]


@pytest.fixture(scope="module")
def spoken():
    return spoken_maps(83, 0)


@pytest.fixture(scope="module")
def maps_of(spoken):
    codebook = Codebook(words(), fit_mapping("none", flat(spoken[0])))
    return lambda maps: code_maps(codebook.cosines(maps))


def test_places_of_large_maps_do_not_wrap(tmp_path):
    """40,000 cells are more than 16 bits with a sign count to."""

    class Large(Maps):
        grid = (200, 200)

    maps = torch.zeros(2, 2, 200, 200)
    maps[:, :, 199, 199] = 1
    found = Shelf(tmp_path, half=True).score("large", lambda seen: seen, Large(maps), 2, 1)
    assert found.scores.dtype == torch.float16
    assert (found.cells == 200 * 200 - 1).all()


def test_scores_on_a_shelf_are_those_in_memory(spoken, maps_of, tmp_path):
    shelf = Shelf(tmp_path / "scores")
    found = shelf.score("whole", maps_of, Maps(spoken[0]), WORDS, 16)
    plain = score(maps_of, spoken[0].split(16))
    assert torch.equal(found.scores, plain.scores) and torch.equal(found.cells, plain.cells)
    assert found.grid == plain.grid
    means = shelf.means(Maps(spoken[0]), 16)
    torch.testing.assert_close(means, spoken[0].mean((2, 3)))
    shelf.clear()
    assert not (tmp_path / "scores").exists()
    assert torch.equal(found.scores, plain.scores), "whoever still reads keeps what it has"


def test_two_processes_fill_what_one_would(spoken, maps_of, tmp_path):
    """Their parts do not overlap and leave nothing out."""
    shelf = Shelf(tmp_path / "scores")
    own = [Shelf(tmp_path, Processes(rank, 2))._own(83, 16) for rank in (0, 1)]
    rows = sorted(row for part in own for piece in part for row in range(piece.start, piece.stop))
    assert rows == list(range(83))
    assert [len(part) for part in own] == [3, 3] and shelf._own(83, 16)[-1] == slice(80, 83)


def test_in_16_bits_little_is_lost(spoken, maps_of, tmp_path):
    half = Shelf(tmp_path / "half", half=True).score("w", maps_of, Maps(spoken[0]), WORDS, 16)
    plain = score(maps_of, spoken[0].split(16))
    assert half.scores.dtype == torch.float16 and half.cells.dtype == torch.int16
    assert (half.scores - plain.scores).abs().max() <= 2.0**-12, "half a step below 1"
    files = sorted((tmp_path / "half").iterdir())
    assert sum(file.stat().st_size for file in files) == 83 * WORDS * (2 + 2) + 2 * 128
    torch.testing.assert_close(spread_of(half.scores), spread_of(plain.scores), rtol=1e-3, atol=0)
    one = fit_linear(half.scores, spoken[1], CLASSES, SETTINGS, 0)
    other = fit_linear(plain.scores, spoken[1], CLASSES, SETTINGS, 0)
    assert one.weights.dtype == torch.float32
    np.testing.assert_allclose(one.losses, other.losses, rtol=5e-3)


def test_a_spread_in_16_bits_does_not_overflow():
    """40,000 numbers of 100 add up to 4 million; 16 bits end at 65,504."""
    table = torch.full((40_000, 1), 100.0)
    table[::2] = 102.0
    assert spread_of(table.half()).item() == pytest.approx(1.0, rel=1e-3)


BUDGET = """
    import resource, sys, torch, numpy as np
    from fewbits.protoquant.head import HeadSettings, fit_linear
    rows, columns = 150_000, 256
    table = np.lib.format.open_memmap(sys.argv[1], "w+", np.float16, (rows, columns))
    for part in np.array_split(np.arange(rows), 100):
        table[part] = np.random.default_rng(int(part[0])).random((len(part), columns))
    labels = torch.arange(rows) % 5
    scores = torch.from_numpy(table)
    how = HeadSettings(epochs=1, batch_size=1024)
    fit_linear(scores[:4096], labels[:4096], 5, how, 0)  # what a first call takes for itself
    held = next(int(line.split()[1]) for line in open("/proc/self/status") if "VmData" in line)
    budget = 1024 * held + 60 * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (budget, budget))
    try:
        scores.float()
        print("the budget is too large to tell")
    except RuntimeError:
        print("loss", fit_linear(scores, labels, 5, how, 0).losses[0])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a budget of memory is Linux's")
def test_a_head_is_fitted_in_less_memory_than_its_table(tmp_path):
    """77 MB of scores, 154 in 32 bits, on 60 MB; a copy of the table has no room there."""
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(BUDGET), str(tmp_path / "table.npy")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert float(ended.stdout.removeprefix("loss ")) > 0


def test_what_a_shelf_refuses(spoken, maps_of, tmp_path, monkeypatch):
    broken = spoken[0].clone()
    broken[20] = float("nan")
    with pytest.raises(UsageError, match="feature maps hold NaN"):
        Shelf(tmp_path).score("whole", maps_of, Maps(broken), WORDS, 16)
    monkeypatch.setattr(shelves, "free_bytes", lambda folder: min(free_bytes(folder), 100))
    with pytest.raises(FewbitsError, match="expected 0.004 MB of free disk for scores, there"):
        Shelf(tmp_path).score("whole", maps_of, Maps(spoken[0]), WORDS, 16)
