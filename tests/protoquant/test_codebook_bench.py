"""The race times equal work, tells answers apart rightly and reads memory in a fresh process."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from fewbits.errors import FewbitsError
from fewbits.protoquant import clock
from fewbits.protoquant import codebook as books
from fewbits.protoquant.benches import codebook as bench
from fewbits.protoquant.benches.memory import peak_of
from fewbits.protoquant.benches.race import Answers, Cost, Problem, Race, compare
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.mapping import fit_mapping

SMALL = Problem(300, 12, 20)
MEGABYTE = 2**20


def holding(megabytes: int) -> Callable[[], object]:
    """Work that fills so much memory."""
    return lambda: torch.ones(megabytes * MEGABYTE, dtype=torch.uint8)


def growing(counter: Path) -> Callable[[], object]:
    """Work that takes the most the second time."""
    tries = len(counter.read_text()) if counter.exists() else 0
    counter.write_text("." * (tries + 1))
    return holding((32, 96, 64)[tries])


def dying() -> Callable[[], object]:
    """Work that its process does not survive."""
    import os

    return lambda: os._exit(9)


def test_ours_is_the_code_of_largest_cosine():
    vectors, codes = SMALL.draw("cpu")
    made, chosen = bench.our_assignment(vectors, codes)()
    one = torch.nn.functional.cosine_similarity(vectors[:, None], codes[None], dim=2)
    assert torch.equal(chosen, one.argmax(1))
    assert torch.equal(made, codes[chosen])


def test_theirs_gives_the_same_codes():
    pytest.importorskip("vector_quantize_pytorch")
    vectors, codes = SMALL.draw("cpu")
    ours, theirs = (make(vectors, codes)() for make in bench.CONTESTANTS.values())
    assert compare(vectors, codes, ours[1], theirs[1]) == Answers(300, 0, 0)
    unit = torch.nn.functional.normalize(codes, dim=1)
    torch.testing.assert_close(theirs[0], unit[theirs[1]])


def test_near_ties_and_errors_are_told_apart():
    """The second code is the first turned by a hair, the third points elsewhere."""
    vectors = torch.tensor([[1.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    codes = torch.tensor([[1.0, 0.0], [1.0, 1e-4], [0.0, 1.0]])
    first, second = torch.tensor([0, 0, 0]), torch.tensor([0, 1, 2])
    assert compare(vectors, codes, first, second) == Answers(same=1, near=1, apart=1)


@pytest.mark.parametrize("kind", ["centred", "whitened"])
def test_assigning_few_at_a_time_changes_no_answer(kind, monkeypatch):
    vectors, codes = Problem(500, 16, 30).draw("cpu")
    codebook = Codebook(codes, fit_mapping(kind, vectors))
    with torch.no_grad():
        whole = (codebook.mapping(vectors) @ codebook.keys().T).argmax(1)
    monkeypatch.setattr(books, "AT_ONCE", 7)
    assert torch.equal(codebook.assign(vectors), whole)
    assert codebook.assign(vectors[:0]).shape == (0,)


def test_ratios_and_the_line_by_hand():
    race = Race(
        Problem(10, 4, 5), "cpu", Cost(0.5, 20), Cost(1.25, 64), Answers(10, 0, 0), product=1000.0
    )
    assert (race.ratio, race.memory_ratio) == (2.5, 3.2)
    assert race.share == 2 * 10 * 4 * 5 / 0.5 / 1000
    assert race.line() == (
        "10 x 4 to 5 codes on cpu beside vector-quantize-pytorch: 0.5000 s, 1.2500 s, 2.5 x, "
        "memory 3.2 x"
    )
    blind = Race(race.problem, "cpu", Cost(1.0, None), race.theirs, race.answers, 1.0)
    assert blind.memory_ratio is None and blind.line().endswith("1.2 x, memory not told")


def test_all_are_timed_in_every_round(monkeypatch):
    """With a clock that tells 1, 2, ... one sees the order; the first call of each is not timed."""
    called, times = [], iter([1.0, 10.0, 2.0, 20.0, 6.0, 30.0])
    works = {name: lambda name=name: called.append(name) for name in "ab"}

    def told(work, device):
        work()
        return next(times)

    monkeypatch.setattr(clock, "seconds_of", told)
    assert clock.median_seconds(works, 3, "cpu") == {"a": 2.0, "b": 20.0}
    assert called == ["a", "b"] * 4


def test_a_pace_is_units_over_the_median_time(monkeypatch):
    times = iter([3.0, 1.0, 2.0, 9.0])
    monkeypatch.setattr(clock, "seconds_of", lambda work, device: next(times))
    assert clock.pace(lambda: None, 10, 5.0, "cpu") == 5.0  # 3 + 1 + 2 seconds are enough


def test_one_thread_inside_and_as_before_outside():
    before = torch.get_num_threads()
    with pytest.raises(KeyError), clock.one_thread():
        assert torch.get_num_threads() == 1
        raise KeyError
    assert torch.get_num_threads() == before


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from Linux' /proc")
def test_the_peak_is_what_the_work_held():
    assert peak_of(holding, (96,), "cpu") / MEGABYTE == pytest.approx(96, abs=6)


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from Linux' /proc")
def test_of_several_peaks_the_most_counts(tmp_path):
    most = peak_of(growing, (tmp_path / "tries",), "cpu", 3)
    assert most / MEGABYTE == pytest.approx(96, abs=6)


def test_a_process_that_dies_is_one_line():
    with pytest.raises(FewbitsError, match="ended from outside: is there memory enough"):
        peak_of(dying, (), "cpu")


def test_a_missing_library_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "vector_quantize_pytorch", None)
    with pytest.raises(FewbitsError, match=r'needs vector-quantize-pytorch .*"fewbits\[bench\]"'):
        bench.their_assignment(*SMALL.draw("cpu"))


def test_a_race_on_a_small_problem(monkeypatch):
    pytest.importorskip("vector_quantize_pytorch")
    monkeypatch.setattr(bench, "product_rate", lambda device: 1e9)
    monkeypatch.setattr(bench, "PEAKS", 1)
    (race,) = bench.races("cpu", 1, [Problem(4000, 32, 300)])
    assert race.answers.same + race.answers.near == 4000
    assert race.ours.seconds > 0 and race.theirs.seconds > 0
    # Theirs holds the cosines twice and a table of 64 bits, all at once.
    if race.theirs.peak is not None:
        assert race.theirs.peak > 4000 * 300 * 8
        assert race.theirs.peak > race.ours.peak
