"""The most memory that a piece of work takes, in a process of its own."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from fewbits.errors import FewbitsError
from fewbits.glm.planning.memory import Peak
from fewbits.protoquant.clock import Work, one_thread


def peak_of(
    prepare: Callable[..., Work], given: tuple[object, ...], device: str, times: int = 1
) -> int | None:
    """Bytes that work takes at its worst, above what its process held before it began.

    A process that has worked before keeps memory which the next piece of work then seems not to
    need, so each is done in a fresh one. What is read is the kernel's high-water mark of that
    process: ``ru_maxrss`` would remember whoever started it.

    Args:
        prepare: makes the inputs and gives the work; found by its name in a module.
        given: what it is called with.
        device: whose memory is looked at.
        times: how often it is done; the most counts.

    Returns:
        None where the system does not tell.

    Raises:
        FewbitsError: the process was ended from outside, mostly for want of memory.
    """
    spawn, found = get_context("spawn"), []
    try:
        for _ in range(times):
            with ProcessPoolExecutor(1, mp_context=spawn) as fresh:
                found.append(fresh.submit(_measured, prepare, given, device).result())
    except BrokenProcessPool as error:
        raise FewbitsError(
            "the process whose memory was measured was ended from outside: is there memory enough?"
        ) from error
    known = [peak for peak in found if peak is not None]
    return max(known, default=None)


def _measured(prepare: Callable[..., Work], given: tuple[object, ...], device: str) -> int | None:
    with one_thread():
        work = prepare(*given)
        peak = Peak(device)
        kept = work()  # held until the peak is read, as by whoever asked for it
        found = peak.read()
        del kept
    return found
