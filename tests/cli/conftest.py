from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from toys import Mirror, serving, toy_archives, toy_info

from fewbits.cli import main
from fewbits.data import SETS, folders


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The one line on stderr."""
        assert self.err.startswith("fewbits: ") and self.err.count("\n") == 1, self.err
        return self.err


@pytest.fixture
def fewbits(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run the command in this process: ``fewbits("data", "list")``."""

    def run(*arguments: object) -> Ended:
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        return Ended(end.value.code, *capsys.readouterr())

    return run


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test looks into the cache or the data folder of whoever runs it."""
    monkeypatch.delenv("FEWBITS_DATA", raising=False)
    folder = tmp_path / "cache"
    monkeypatch.setattr(folders.platformdirs, "user_cache_path", lambda name: folder / name)
    return folder / "fewbits" / "data"


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A mirror of the set ``toy``, which the command knows while this is in use."""
    with serving({f"{name}.gz": data for name, data in toy_archives().items()}) as server:
        monkeypatch.setitem(SETS, "toy", toy_info(server.address))
        yield server
