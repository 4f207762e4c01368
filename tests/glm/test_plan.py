"""The plan of a large fit: bytes against what a process took, seconds by their arithmetic."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest
import torch

from fewbits.errors import FewbitsError, UsageError
from fewbits.glm import table
from fewbits.glm.planning import memory, plan, rates, rehearsal, trial
from fewbits.glm.planning.rehearsal import Shape

IMAGENET = Shape(1281167, 2048, 1000)
SMALL = Shape(600, 40, 4, 5)


def test_imagenet_holds_its_features_and_little_else() -> None:
    parts = {part.name: part for part in plan.parts_of(IMAGENET)}
    features = 1281167 * 2048 * 4
    assert (parts["features"].selection, parts["features"].path) == (features, features)
    assert parts["standardised copy"].selection == 0, "more than is copied"
    assert parts["standardised copy"].path == 1281167 * 50 * 4
    bound = plan._bound(tuple(parts.values()))
    assert features < bound < 1.1 * features
    # All logits together would be half as much again.
    assert bound - features < 1281167 * 1000 * 4 / 5


def test_the_most_rows_are_the_most() -> None:
    for room in (5 * 10**8, 24 * 10**9):
        most = plan._most_rows(IMAGENET, "cpu", room)
        needed = [
            plan._bound(plan.parts_of(replace(IMAGENET, rows=rows))) for rows in (most, most + 1)
        ]
        assert needed[0] <= room < needed[1]
    assert plan._most_rows(IMAGENET, "cpu", 10**6) == 0


def test_more_rows_may_take_less_where_a_copy_is_no_longer_made() -> None:
    narrow, room = Shape(10**6, 60, 4, 6), 600 * 10**6

    def fits(rows: int) -> bool:
        return plan._bound(plan.parts_of(replace(narrow, rows=rows))) <= room

    most = plan._most_rows(narrow, "cpu", room)
    candidates = range(8, 2 * most, 997)
    assert fits(most) and not any(fits(rows) for rows in candidates if rows > most)
    assert not all(fits(rows) for rows in candidates if rows < most), "nothing falls here"


@pytest.mark.skipif(not (memory.PROCESS / "clear_refs").exists(), reason="the peak is Linux's")
@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(Shape(60_000, 512, 10, 10), id="copied"),
        pytest.param(Shape(80_000, 1024, 10, 10), id="read in blocks"),
    ],
)
def test_the_memory_is_as_planned(shape: Shape) -> None:
    """In a process of its own, because a peak is a process's."""
    planned = plan.plan_fit(shape)
    copied = 4 * shape.rows * shape.features <= table.COPY_BYTES
    assert copied == (planned.parts[3].selection > 0)
    done = trial.trial(shape)
    assert done.shape == shape
    assert done.peak is not None
    assert 0.8 * planned.peak <= done.peak <= 1.2 * planned.peak
    assert done.peak <= 1.05 * planned.bound


TAKING = """
import torch
from fewbits.glm.planning import memory

before = torch.ones(2**24)
peak = memory.Peak()
taken = torch.ones(2**25)
del taken
print(peak.read())
"""


def test_a_peak_is_what_was_taken_in_between() -> None:
    # Alone: a process that has worked before may have room left over from that.
    done = subprocess.run(
        [sys.executable, "-c", TAKING], check=True, capture_output=True, text=True
    )
    if done.stdout.strip() == "None":
        pytest.skip("the system does not tell")
    assert int(done.stdout) == pytest.approx(2**27, rel=0.1)


TRYING = """
import signal
from fewbits.glm.planning.rehearsal import Shape
from fewbits.glm.planning.trial import trial

if __name__ == "__main__":
    # What was begun in the background of a script ignores interrupts unless told.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    trial(Shape(400_000, 200, 100, 10))
"""


def workers_of(parent: int) -> list[int]:
    """Processes that were started by another, now or before it ended."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            before, _, after = status.read_text().rpartition(") ")
            if "(python" in before and after.split()[2] == str(parent):
                found.append(int(status.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_trial_ends_with_whoever_began_it(tmp_path: Path, how: signal.Signals) -> None:
    (tmp_path / "trying.py").write_text(TRYING)
    # A group of its own, by which its workers are found when it is gone.
    command = [sys.executable, str(tmp_path / "trying.py")]
    begun = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        until(lambda: len(workers_of(begun.pid)) >= 3)  # itself, the resource tracker, the worker
        os.kill(begun.pid, how)
        begun.wait(60)
        until(lambda: not workers_of(begun.pid))
    finally:
        begun.kill()
        begun.wait()


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_worker_that_is_killed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_work", die)
    with pytest.raises(FewbitsError, match=r"ended before it was done \(it was killed\)"):
        trial.trial(SMALL)


def test_want_of_memory_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    receiver, sender = get_context("spawn").Pipe(duplex=False)
    monkeypatch.setattr(trial, "_measured", want)
    monkeypatch.setattr(trial, "_end_with_parent", lambda: None)
    trial._work(sender, SMALL, "cpu", 1)
    assert receiver.recv() == "RuntimeError: no room"


def die(*arguments: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def want(*arguments: object) -> None:
    raise RuntimeError("no room\nat all")


def test_a_container_has_what_its_limit_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = memory.available()
    assert free > 2**20
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("3000\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert memory.available() == 2000
    (tmp_path / "memory.stat").write_text("anon 600\nactive_file 150\ninactive_file 250\n")
    assert memory.available() == 2400, "files that were read are given up when memory is needed"
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.available() > 2**20


def test_seconds_are_evaluations_times_their_price() -> None:
    found = rates.Rates(SMALL)
    found._known = {4: 4.0, 8: 8.0, 32: 32.0, 40: 48.0}
    assert found.evaluation(4) == 4
    assert found.evaluation(5) == 5
    assert found.evaluation(36) == 40
    assert found.evaluation(40) == 48
    # The targets cost an evaluation; looking at 600 rows is not worth a second.
    assert found.total({4: 2, 40: 3}) == pytest.approx(48 + 2 * 4 + 3 * 48, abs=1)


def test_ten_times_the_rows_take_ten_times_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates.Rates, "_timed", lambda self, work: work() and 0.5)
    shape = replace(SMALL, rows=2_000_000)
    slice_ = rates.slice_of(shape)
    assert slice_.rows < shape.rows
    one, ten = rates.Rates(shape), rates.Rates(replace(shape, rows=10 * shape.rows))
    assert one.evaluation(40) == pytest.approx(0.5 * shape.rows / slice_.rows)
    assert ten.evaluation(40) == pytest.approx(10 * one.evaluation(40))


def test_a_rehearsal_counts_what_it_asks_for() -> None:
    features, labels = rehearsal.draw(SMALL)
    again, _ = rehearsal.draw(SMALL)
    assert torch.equal(features, again)
    selection, path = rehearsal.run(features, labels, SMALL)
    assert path.lambdas == 100 and 1 <= selection.lambdas <= 100
    for stage, width in ((selection, 40), (path, 5)):
        assert max(stage.evaluations) == width
        # Each step asks once; so do the null layer, and each strength before and after its fit.
        assert stage.asked >= stage.steps + 2 * stage.lambdas + 1


def test_fewer_seconds_do_for_fewer_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = plan.plan_fit(SMALL, memory=10**9)
    whole = replace(whole, seconds=(30.0, 30.0))

    def planned(shape: Shape, device: str, room: int) -> plan.Plan:
        assert (device, room) == ("cpu", 10**9)
        seconds = 30.0 * shape.rows / SMALL.rows
        return replace(whole, shape=shape, seconds=(seconds, seconds))

    monkeypatch.setattr(trial, "plan_fit", planned)
    assert trial.affordable(whole, 61.0) is whole
    assert trial.affordable(whole, 30.0).shape.rows == 240, "four fifths of half"
    with pytest.raises(UsageError, match="do for 7 rows, expected 2 a class at least, 8"):
        trial.affordable(whole, 0.9)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((10, 40, 6), "2 rows a class, got 10 rows and 6 classes"),
        ((10, 40, 1), "expected at least 2 classes"),
        ((0, 40, 2), "got 0 rows and 2 classes"),
        ((100, 40, 2), "from 1 to the number of features, 40, got 50"),
        ((100, 40, 2, 0), "from 1 to the number of features, 40, got 0"),
    ],
)
def test_a_shape_that_makes_no_sense_is_refused(sizes: tuple[int, ...], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        Shape(*sizes)


def test_a_rehearsal_without_room_is_not_begun() -> None:
    huge = Shape(10, 10**9, 2)
    with pytest.raises(UsageError, match=r"a rehearsal on 10 x 1000000000 .* there are 8.00"):
        plan.plan_fit(huge, memory=8 * 10**9)


def test_a_selection_that_ends_early_is_told() -> None:
    shape = Shape(60, 5, 3, 5)
    features, labels = rehearsal.draw(shape)
    features[:, 2:] = 0.0
    with pytest.raises(FewbitsError, match="only 2 of 5 features entered"):
        rehearsal.run(features, labels, shape)
