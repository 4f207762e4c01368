"""A notebook alone in an empty folder, in an environment like Colab's, runs top to bottom."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from colab import make_colab

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "book" / "foundations" / "levels.ipynb"
SECONDS_TO_READY = 30  # the promise is for an idle machine with two cores
PATIENCE = 3  # what a busy one may take of it

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def colab(tmp_path_factory):
    return make_colab(tmp_path_factory.mktemp("colab"))


@pytest.fixture(scope="module")
def ran(colab, tmp_path_factory):
    """What `make cold` says about the notebook there."""
    report = tmp_path_factory.mktemp("report") / "cold.json"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path_factory.mktemp("home")),
        "FEWBITS_SOURCE": str(ROOT),
        # where packages come from is the machine's business
        **{k: v for k, v in os.environ.items() if k.startswith(("PIP_", "SSL_", "http", "HTTP"))},
    }
    done = subprocess.run(
        ["make", "cold", f"PYTHON={colab}", f"NOTEBOOKS={NOTEBOOK}", f"REPORT={report}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (run,) = json.loads(report.read_text())
    return run, done.stdout


def test_runs_and_says_where(ran):
    run, said = ran
    assert "fewbits 0." in said
    assert "scale smoke" in said
    assert "start(scale='real')" in said, "Colab's readers are told how to get the other scale"
    assert "12 MB" in said
    assert run["done"] >= run["ready"]


def test_no_version_changed(ran):
    run, _ = ran
    assert run["changed"] == {}
    assert "fewbits" in run["added"]
    assert "torch" not in run["added"]
    # jaxtyping is not on Colab, so the first cell had something to fetch
    assert "jaxtyping" in run["added"]


def test_ready_soon(ran, record_property):
    run, _ = ran
    record_property("seconds_to_ready", run["ready"])
    print(f"first cell to ready: {run['ready']} s")
    assert run["ready"] <= SECONDS_TO_READY * PATIENCE


def test_the_environment_was_left_cold(ran, colab):
    listed = subprocess.run(
        [colab, "-m", "pip", "list", "--format", "freeze"], capture_output=True, text=True
    ).stdout
    assert "fewbits" not in listed
    assert "ipywidgets==7.7.1" in listed
