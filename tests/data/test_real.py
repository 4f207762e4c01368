"""The actual MNIST and Fashion-MNIST, where FEWBITS_DATA has them."""

import shutil
import time
from pathlib import Path

import pytest
import torch
from torchvision import datasets

from fewbits import data
from fewbits.data.verify import read_known
from fewbits.errors import FewbitsError

pytestmark = pytest.mark.real
THEIRS = {"mnist": datasets.MNIST, "fashion-mnist": datasets.FashionMNIST}


@pytest.fixture(params=list(THEIRS))
def name(request: pytest.FixtureRequest) -> str:
    if not (data.named_folder() and data.is_here(data.find_set(request.param))):
        pytest.skip(f"{request.param} is not in FEWBITS_DATA")
    return request.param


def sort_rows(images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Images with labels, sorted: the same for the same images in any order."""
    rows = torch.cat([images.reshape(len(images), -1), labels[:, None].to(torch.uint8)], dim=1)
    weights = torch.rand(785, generator=torch.manual_seed(0), dtype=torch.float64)
    return rows[(rows.double() @ weights).argsort()]


def test_the_splits_hold_what_torchvision_reads(name: str) -> None:
    ours = data.load(name, scale="real")
    assert (ours.train.count, ours.validation.count, ours.test.count) == (55_000, 5_000, 10_000)
    train = THEIRS[name](data.data_folder(), train=True)
    together = [
        torch.cat(pair)
        for pair in (
            (ours.train.images, ours.validation.images),
            (ours.train.labels, ours.validation.labels),
        )
    ]
    assert sort_rows(*together).equal(sort_rows(train.data, train.targets))
    test = THEIRS[name](data.data_folder(), train=False)
    assert sort_rows(ours.test.images, ours.test.labels).equal(sort_rows(test.data, test.targets))
    assert len(ours.class_names) == 10
    assert "whole" in data.describe(data.find_set(name))


def test_reading_and_checking_takes_about_a_second(name: str) -> None:
    data.load(name)  # imports
    start = time.process_time()
    data.load(name)
    assert time.process_time() - start < 2


def test_one_flipped_bit_is_found(name: str, tmp_path: Path) -> None:
    info = data.find_set(name)
    folder = tmp_path / info.folder / "raw"
    shutil.copytree(data.data_folder() / info.folder / "raw", folder, copy_function=shutil.copyfile)
    read_known(info, "test", tmp_path)
    with (folder / "t10k-images-idx3-ubyte").open("r+b") as file:
        file.seek(4_000_000)
        byte = file.read(1)[0]
        file.seek(4_000_000)
        file.write(bytes([byte ^ 16]))
    with pytest.raises(FewbitsError, match="t10k-images-idx3-ubyte: its content was changed"):
        data.load(name, tmp_path)
