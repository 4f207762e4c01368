"""The first cell's promises: one line, nothing changed, a polite no."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from fewbits import session
from fewbits.data.registry import find_set
from fewbits.errors import FewbitsError, UsageError
from fewbits.session import Here, NotReady, start

VERSIONS = {"torch": "2.15.0", "numpy": "2.4.0", "torchvision": "0.29.0"}


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    monkeypatch.delenv("FEWBITS_SCALE", raising=False)
    monkeypatch.delenv("FEWBITS_DATA", raising=False)


def colab(monkeypatch, gpu, get=lambda info, folder: [info.name]):
    monkeypatch.setattr("fewbits.data.fetching.get", get)
    monkeypatch.setattr(session, "in_colab", lambda: True)
    monkeypatch.setattr("torch.cuda.is_available", lambda: gpu)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda: "Tesla T4")


def test_one_line_says_where(capsys):
    here = start()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    for part in ("fewbits 0.", "Python 3.", "torch 2.", f"{here.threads} thread", "scale smoke"):
        assert part in lines[0]
    assert here.scale == "smoke"
    assert here.data_dir is None
    assert not here.colab


def test_environment_chooses_scale_and_data(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("FEWBITS_SCALE", "real")
    monkeypatch.setenv("FEWBITS_DATA", str(tmp_path))
    here = start()
    assert (here.scale, here.data_dir) == ("real", tmp_path.resolve())
    assert str(tmp_path) in capsys.readouterr().out
    assert start("smoke").scale == "smoke", "what is written in the cell comes first"


def test_an_empty_variable_counts_as_unset(monkeypatch):
    monkeypatch.setenv("FEWBITS_SCALE", "")
    monkeypatch.setenv("FEWBITS_DATA", "")
    assert start().scale == "smoke"


def test_unknown_scale_is_refused(monkeypatch):
    monkeypatch.setenv("FEWBITS_SCALE", "huge")
    with pytest.raises(UsageError, match="one of smoke, real, got 'huge'"):
        start()


def test_missing_data_folder_is_refused(tmp_path):
    with pytest.raises(UsageError, match="nowhere does not exist: set FEWBITS_DATA"):
        start(data_dir=tmp_path / "nowhere")


def test_pick_takes_what_the_scale_asks_for():
    here = Here("smoke", None, "cpu", 2, False)
    assert here.pick(smoke=2, real=30) == 2
    assert Here("real", None, "cpu", 2, False).pick(smoke=2, real=30) == 30


def test_colab_without_a_gpu_stays_small_and_says_how_to_get_more(monkeypatch, capsys):
    colab(monkeypatch, gpu=False)
    assert start().scale == "smoke"
    assert "start(scale='real')" in capsys.readouterr().out


def test_colab_with_a_gpu_takes_the_real_digits(monkeypatch, capsys):
    colab(monkeypatch, gpu=True)
    here = start()
    assert (here.scale, here.device) == ("real", "cuda")
    said = capsys.readouterr().out
    assert "Tesla T4" in said
    assert "Downloaded MNIST: 12 MB" in said
    assert "start(scale='smoke')" in said
    assert start("smoke").scale == "smoke"


def no_network(info, folder):
    raise FewbitsError("no network")


def test_colab_stays_small_when_nothing_can_be_fetched(monkeypatch, capsys):
    colab(monkeypatch, gpu=True, get=no_network)
    assert start().scale == "smoke"
    assert "because MNIST cannot be fetched: no network" in capsys.readouterr().out


def test_colab_says_so_when_real_was_asked_for(monkeypatch):
    colab(monkeypatch, gpu=False, get=no_network)
    with pytest.raises(FewbitsError, match="no network"):
        start("real")


def test_elsewhere_nothing_is_fetched_unasked(monkeypatch):
    monkeypatch.setattr("fewbits.data.fetching.get", no_network)
    assert start("real").scale == "real"


def test_the_sizes_it_names_are_the_registrys():
    for name, shown in (("mnist", "MNIST 12 MB"), ("fashion-mnist", "Fashion-MNIST 31 MB")):
        assert shown in session.DOWNLOADS
        assert round(find_set(name).download_bytes / 1e6) == int(shown.split()[1])


def test_an_old_version_is_refused_in_one_line():
    old = {**VERSIONS, "torch": "2.9.1"}
    with pytest.raises(NotReady) as refused:
        session.refuse_unfit([Requirement("torch>=2.11"), Requirement("numpy>=2.0")], old)
    message = str(refused.value)
    assert "torch>=2.11 (here: 2.9.1)" in message
    assert "numpy" not in message
    assert "\n" not in message
    assert refused.value._render_traceback_() == [f"Not ready: {message}"]
    assert isinstance(refused.value, FewbitsError)


def test_local_and_pre_release_versions_are_versions():
    session.refuse_unfit([Requirement("torch>=2.11")], {"torch": "2.11.0+cu128"})
    session.refuse_unfit([Requirement("torch>=2.11")], {"torch": "2.16.0rc1"})


def test_a_newer_version_is_only_mentioned():
    here = Here("smoke", None, "cpu", 1, False)
    lines = session.describe(here, {**VERSIONS, "torch": "99.0"}, "CPU")
    assert len(lines) == 2
    assert "torch 99.0 (tested up to" in lines[1]
    assert "1 thread ·" in lines[0]


def test_what_is_installed_here_counts_as_tested():
    here = Here("smoke", None, "cpu", 1, False)
    assert len(session.describe(here, session.installed_versions(), "CPU")) == 1


def test_only_missing_packages_are_installed_and_the_rest_is_held(monkeypatch):
    calls = []

    def pip(command, **_):
        held = Path(command[command.index("--constraint") + 1]).read_text()
        calls.append((command, held))
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(session.subprocess, "run", pip)
    wanted = [Requirement("torch>=2.11"), Requirement("no-such-thing>=1,<2")]
    assert session.install_missing(wanted) == ["no-such-thing"]
    ((command, held),) = calls
    assert command[-1] == "no-such-thing<2,>=1"
    assert not any("torch" in word for word in command)
    assert f"torch=={metadata.version('torch')}\n" in held


def test_broken_distributions_are_passed_over(monkeypatch, tmp_path):
    for name, version in (("fine", "1.0+cu128"), ("odd", "2.3ubuntu-4"), ("empty", "")):
        folder = tmp_path / f"{name}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    found = session.installed_versions()
    assert found["fine"] == "1.0+cu128"
    assert not {"odd", "empty"} & set(found)


def test_nothing_missing_calls_nobody(monkeypatch):
    monkeypatch.setattr(session.subprocess, "run", lambda *_, **__: pytest.fail("pip was called"))
    assert session.install_missing([Requirement("torch>=2.11")]) == []


def test_pip_failing_is_one_line(monkeypatch):
    def pip(command, **_):
        return subprocess.CompletedProcess(command, 1, "", "noise\nERROR: no network\n")

    monkeypatch.setattr(session.subprocess, "run", pip)
    with pytest.raises(NotReady, match="no-such-thing could not be installed .*ERROR: no network$"):
        session.install_missing([Requirement("no-such-thing")])


def test_requirements_come_without_the_extras():
    names = {requirement.name for requirement in session.package_requirements()}
    assert {"torch", "anywidget"} <= names
    assert not {"pytest", "jupyter-book", "onnx"} & names


def test_nothing_is_imported_before_it_is_installed(tmp_path):
    """With a data folder named too: looking at it takes modules that Colab may be without."""
    source = (
        "import sys\nfrom fewbits import session\n"
        "def look(requirements):\n"
        "    print(*sorted({'torch', 'numpy', 'jaxtyping', 'platformdirs'} & set(sys.modules)))\n"
        "    raise SystemExit\n"
        "session.install_missing = look\n"
        f"session.start(data_dir={str(tmp_path)!r})\n"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_importing_it_needs_nothing_that_may_be_missing():
    light = (
        "import fewbits.session, sys; print(*{'torch', 'numpy', 'jaxtyping'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", light], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
