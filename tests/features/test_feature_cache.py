"""The feature cache: its bytes, what a kill or a disk may do to it, and what it is refused for."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, namedtuple
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from fewbits.data import Split
from fewbits.data.cub import Photos, read_pixels
from fewbits.errors import FewbitsError, UsageError
from fewbits.features import (
    MIRRORED,
    PLAIN,
    RECOLOURED,
    PhotoPictures,
    SplitPictures,
    View,
    backbone_fingerprint,
    extract,
    key_of,
    open_cache,
)

COUNT, SIDE = 30, 16
FEATURES, GRID = 6, (4, 8)
PICTURE = FEATURES * 4 * 8 * 2  # bytes of one picture's maps
SHARD = 8 * PICTURE + 1  # four shards: 8, 8, 8 and 6 pictures
BOTH = (PLAIN, MIRRORED)


def tiny(seed: int = 3, gain: float = 1.0) -> nn.Sequential:
    """Maps of more columns than rows, and batch norm with statistics of its own."""
    torch.manual_seed(seed)
    conv = nn.Conv2d(3, FEATURES, 3, stride=(4, 2), padding=1)
    network = nn.Sequential(conv, nn.BatchNorm2d(FEATURES), nn.ReLU())
    network(torch.rand(8, 3, SIDE, SIDE))
    with torch.no_grad():
        network[1].weight.mul_(gain)
    return network


def drawn(count: int = COUNT, seed: int = 5) -> SplitPictures:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (count, 3, SIDE, SIDE), generator=generator, dtype=torch.uint8)
    return SplitPictures(Split(images, torch.arange(count) % 3))


def make(folder: Path, network=None, pictures=None, **changes):
    """The shards that an extraction made."""
    settings = {"batch_size": 3, "shard_bytes": SHARD} | changes
    return extract(network or tiny(), pictures or drawn(), folder, **settings)


def photographs(folder: Path, count: int = 10) -> Photos:
    """Pictures in two folders, one a class, none square."""
    paths = []
    generator = np.random.default_rng(2)
    for number in range(count):
        path = folder / f"class{number % 2}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = generator.integers(0, 256, (20, 24, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
        paths.append(path)
    return Photos(
        paths=tuple(paths),
        labels=torch.arange(count) % 2,
        image_ids=torch.arange(count),
        sizes=torch.tensor([[24, 20]] * count),
        boxes=torch.tensor([[0.0, 0.0, 24.0, 20.0]] * count),
        parts=torch.zeros(count, 0, 2),
        visible=torch.zeros(count, 0, dtype=torch.bool),
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but locks."""
    return {
        path.name: path.read_bytes()
        for path in sorted(folder.iterdir())
        if not path.name.endswith(".lock")
    }


@torch.no_grad()
def directly(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    return network.eval()(images.float() / 255)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A cache of two views that nothing happened to: for reading only."""
    folder = tmp_path_factory.mktemp("whole")
    assert make(folder, views=BOTH) == 4
    return folder


@pytest.fixture
def cache(whole):
    return open_cache(whole)


# What is written


def test_maps_are_the_networks_own_but_for_sixteen_bits(cache):
    exact = directly(tiny(), drawn().split.images)
    found = cache.rows(range(COUNT))
    assert found.dtype == torch.float32
    assert (cache.count, cache.features, cache.grid) == (COUNT, FEATURES, GRID)
    bound = (exact.abs() / 2048).clamp(min=2**-25)
    assert ((found - exact).abs() <= bound * 1.001).all()  # the last bits of another batch size
    assert (found != exact).any()


def test_shards_are_as_large_as_asked_and_hold_one_picture_at_least(tmp_path):
    make(tmp_path / "large")
    held = [len(np.load(f)) for f in sorted((tmp_path / "large").glob("plain-*.npy"))]
    assert held == [8, 8, 8, 6]
    assert make(tmp_path / "small", pictures=drawn(3), shard_bytes=1) == 3
    held = [np.load(f).shape for f in sorted((tmp_path / "small").glob("*.npy"))]
    assert held == [(1, FEATURES, *GRID)] * 3
    assert make(tmp_path / "default", pictures=drawn(3), shard_bytes=64 * 2**20) == 1


def test_other_colours_are_the_same_in_any_batch_and_nowhere_else():
    images = torch.rand(6, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    whole = RECOLOURED.change(images)
    alone = [RECOLOURED.change(image[None])[0] for image in images]
    assert torch.equal(whole, torch.stack(alone))
    assert whole.min() >= 0 and whole.max() <= 1
    assert ((whole - images).abs().amax((1, 2, 3)) > 0.05).all()
    # Each pixel's colour comes from its own and the picture's mean brightness: none moves.
    blank = torch.full((1, 3, 8, 8), 0.5)
    blank[:, :, 2:4, 5:7] = torch.tensor([0.9, 0.2, 0.1])[None, :, None, None]
    found = RECOLOURED.change(blank)[0]
    there = (found != found[:, :1, :1]).any(0).nonzero()
    assert there.tolist() == [[2, 5], [2, 6], [3, 5], [3, 6]]


def test_each_view_has_shards_of_its_own(cache, whole):
    images = drawn().split.images
    assert cache.views == ("plain", "mirrored") and cache.view == "plain"
    torch.testing.assert_close(
        cache.maps(view="mirrored").rows(range(COUNT)),
        directly(tiny(), images.flip(3)),
        atol=1e-3,
        rtol=1e-3,
    )
    assert torch.equal(cache.maps("mirrored").maps().rows([4]), cache.rows([4]))
    assert len(list(whole.glob("mirrored-*.npy"))) == 4
    with pytest.raises(UsageError, match="no view 'turned': expected plain or mirrored"):
        cache.maps("turned")


def test_frozen_means_that_nothing_in_the_network_changes(tmp_path):
    network = tiny().train()
    network[2].eval()
    network[0].bias.requires_grad_(False)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    gradients = []

    class Watching(nn.Module):
        def forward(self, x):
            gradients.append(torch.is_grad_enabled())
            assert not any(layer.training for layer in network)
            return x

    network.append(Watching().train())
    make(tmp_path, network)
    assert all(torch.equal(network.state_dict()[name], value) for name, value in before.items())
    assert [layer.training for layer in network] == [True, True, False, True]
    assert [p.requires_grad for p in network.parameters()] == [True, False, True, True]
    assert all(p.grad is None for p in network.parameters())
    assert not any(gradients) and torch.is_grad_enabled()


def test_the_network_is_left_as_found_by_an_error_too(tmp_path):
    network = tiny(gain=1e7).train()
    with pytest.raises(FewbitsError):
        make(tmp_path, network)
    assert all(layer.training for layer in network) and torch.is_grad_enabled()


def test_the_network_counts_in_its_own_precision(tmp_path):
    network = tiny().double()
    make(tmp_path, network)
    pixels = (drawn().split.images.float() / 255).double()
    with torch.no_grad():
        exact = network.eval()(pixels).half().float()
    assert torch.equal(open_cache(tmp_path).rows(range(COUNT)), exact)


def test_the_size_is_told_before_anything_is_written(tmp_path):
    class Large(nn.Module):
        def forward(self, x):
            return x.new_zeros(len(x), 1280, 7, 7)

    class Many:
        count, side, identity = 5394, 64, "many"

        def read(self, start, stop):
            raise AssertionError("nothing is read before its size is told")

        def name(self, number):
            return str(number)

    class StopHere(Exception):
        pass

    def stop(note):
        told.append(note)
        raise StopHere

    told: list[str] = []
    folder = tmp_path / "cache"
    for views in ((PLAIN,), BOTH):
        with pytest.raises(StopHere):
            extract(Large(), Many(), folder, views=views, on_note=stop)
    assert not folder.exists()
    assert told == [
        f"5,394 pictures x 1280 x 7 x 7 in fp16: 677 MB in 11 shards at {folder}",
        f"5,394 pictures x 2 views x 1280 x 7 x 7 in fp16: 1,353 MB in 22 shards at {folder}",
    ]


def test_progress_counts_the_pictures_of_this_call(tmp_path):
    steps = []
    make(tmp_path, on_step=lambda done, total: steps.append((done, total)))
    assert steps[:4] == [(3, 30), (6, 30), (8, 30), (11, 30)] and steps[-1] == (30, 30)
    (tmp_path / "00001.json").unlink()
    steps.clear()
    assert make(tmp_path, on_step=lambda done, total: steps.append((done, total))) == 1
    assert steps == [(3, 8), (6, 8), (8, 8)]


# What goes on


DRIVER = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
marker, at, folder = Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])

import numpy as np
from fewbits.features import shards
from test_feature_cache import BOTH, make

def hang():
    marker.touch()
    time.sleep(600)

def step(done, total):
    time.sleep(0.01)
    if at == "between two batches" and done == 14:
        hang()

if at == "in the middle of a file":
    save, saved = np.save, []
    def half(file, values):
        saved.append(1)
        save(file, values if len(saved) < 4 else values[:3])
        if len(saved) == 4:
            file.flush()
            hang()
    np.save = half
if at == "before the record":
    write, written = shards.write_sealed, []
    def none(value, path):
        written.append(1)
        hang() if len(written) == 3 else write(value, path)
    shards.write_sealed = none
make(folder, views=BOTH, on_step=step)
"""


@pytest.mark.parametrize(
    "at", ["between two batches", "in the middle of a file", "before the record"]
)
def test_a_killed_extraction_goes_on_and_ends_the_same(whole, tmp_path, at):
    folder, marker = tmp_path / "killed", tmp_path / "here"
    environment = os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, Path(__file__).parent, marker, at, folder],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    deadline = time.monotonic() + 240
    while not marker.exists():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    records = sorted(path.name for path in folder.glob("0*.json"))
    assert records == ["00000.json", "00001.json"][: 2 if at == "before the record" else 1]
    with pytest.raises(FewbitsError, match=r"[23] of 4 shards are missing or damaged: extract"):
        open_cache(folder)

    times = {name: (folder / name).stat().st_mtime_ns for name in records}
    notes = []
    assert make(folder, views=BOTH, on_note=notes.append) == 4 - len(records)
    assert len(notes) == 1, "what was not finished is not damaged"
    assert {name: (folder / name).stat().st_mtime_ns for name in records} == times
    assert contents(folder) == contents(whole)


def test_a_finished_cache_is_left_alone(whole):
    before = {path: path.stat().st_mtime_ns for path in whole.iterdir()}
    assert make(whole, views=BOTH) == 0
    after = {path: path.stat().st_mtime_ns for path in whole.iterdir()}
    assert {p: t for p, t in after.items() if p.suffix != ".lock"} == {
        p: t for p, t in before.items() if p.suffix != ".lock"
    }


def cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 7)


def flip_bits(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[-100] ^= 0x55
    path.write_bytes(raw)


@pytest.mark.parametrize(
    ("name", "damage", "seen_by_size"),
    [
        ("mirrored-00002.npy", cut_off, True),
        ("mirrored-00002.npy", flip_bits, False),
        ("plain-00002.npy", Path.unlink, True),
        ("00002.json", cut_off, True),
        ("00002.json", flip_bits, True),
    ],
)
def test_a_damaged_shard_is_found_and_made_again(whole, tmp_path, name, damage, seen_by_size):
    folder = tmp_path / "cache"
    shutil.copytree(whole, folder)
    damage(folder / name)
    with pytest.raises(FewbitsError, match="1 of 4 shards are missing or damaged"):
        open_cache(folder, verify=True)
    if seen_by_size:
        with pytest.raises(FewbitsError, match="1 of 4 shards are missing or damaged"):
            open_cache(folder)
    else:
        assert open_cache(folder).count == COUNT
        assert make(folder, views=BOTH, verify=False) == 0
    notes = []
    assert make(folder, views=BOTH, on_note=notes.append) == 1
    assert notes[1:] == ["shard 2 is damaged: it is made again"]
    assert contents(folder) == contents(whole)


def test_damage_after_opening_is_an_error_that_names_the_file(whole, tmp_path):
    folder = tmp_path / "cache"
    shutil.copytree(whole, folder)
    cache = open_cache(folder)
    for damage, said in (
        (cut_off, "cannot be read"),
        (lambda path: np.save(path, np.zeros(3)), r"expected \(8, 6, 4, 8\) in float16, got \(3,"),
        (lambda path: path.write_bytes(b""), "cannot be read"),
        (Path.unlink, "cannot be read"),
    ):
        damage(folder / "plain-00000.npy")
        with pytest.raises(FewbitsError, match=rf"plain-00000.npy.*{said}.*; extract the same"):
            cache.rows([3])
    assert len(cache.rows([9])) == 1


def test_a_damaged_manifest_is_refused(whole, tmp_path):
    folder = tmp_path / "cache"
    shutil.copytree(whole, folder)
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"pictures": 30', '"pictures": 31'))
    for call in (lambda: open_cache(folder), lambda: make(folder, views=BOTH)):
        with pytest.raises(FewbitsError, match=r"manifest.json is damaged.*delete the folder"):
            call()


def test_what_was_begun_keeps_its_shards(tmp_path):
    make(tmp_path)
    (tmp_path / "00003.json").unlink()
    assert make(tmp_path, shard_bytes=PICTURE) == 1


def test_processes_that_share_the_work_write_the_same_bytes(whole, tmp_path):
    assert make(tmp_path, views=BOTH, rank=1, world=3) == 1
    assert {p.name for p in tmp_path.glob("*.npy")} == {"plain-00001.npy", "mirrored-00001.npy"}
    with pytest.raises(FewbitsError, match="3 of 4 shards are missing or damaged: extract the"):
        open_cache(tmp_path)
    assert make(tmp_path, views=BOTH, rank=0, world=3) == 2
    assert make(tmp_path, views=BOTH, rank=2, world=3) == 1
    assert contents(tmp_path) == contents(whole)


def test_one_share_is_made_by_one_process(tmp_path):
    def again(done, total):
        with pytest.raises(UsageError, match=r"makes the same shards \(rank 0 of 2\)"):
            make(tmp_path, world=2)
        assert done > 3 or make(tmp_path, rank=1, world=2) == 2

    assert make(tmp_path, world=2, on_step=again) == 2
    assert open_cache(tmp_path).count == COUNT


# What is refused


Usage = namedtuple("Usage", "total used free")


def test_a_full_disk_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    free = [0]
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, free[0]))
    folder = tmp_path / "cache"
    free[0] = 100 * 10**6 + COUNT * PICTURE - 1
    with pytest.raises(FewbitsError, match=r"cache: expected 100 MB of free disk .* are 100 MB"):
        make(folder)
    assert not folder.exists()
    free[0] += 1
    make(folder)
    free[0] = 0
    assert make(folder) == 0, "nothing is missing"
    (folder / "00003.json").unlink()
    with pytest.raises(FewbitsError, match="for what is missing, there are 0 MB"):
        make(folder)
    free[0] = 100 * 10**6 + 6 * PICTURE
    assert make(folder) == 1, "only what is missing needs room"


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"network": tiny(seed=4)}, r"backbone \w{12}, expected \w{12}"),
        ({"pictures": drawn(seed=6)}, r"data \w{12}, expected \w{12}"),
        ({"views": BOTH}, "views plain, expected plain,mirrored"),
        ({"views": (MIRRORED,)}, "views plain, expected mirrored"),
    ],
)
def test_another_caches_folder_is_refused_and_says_what_differs(tmp_path, changes, part):
    make(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(UsageError, match=rf"holds other features \({part}\): choose another"):
        make(tmp_path, **changes)
    assert contents(tmp_path) == before
    wanted = {"network": tiny(), "pictures": drawn()} | changes
    with pytest.raises(UsageError, match=rf"holds other features \({part}\)"):
        open_cache(tmp_path, key_of(**wanted))
    assert open_cache(tmp_path, key_of(tiny(), drawn())).count == COUNT


def test_another_size_is_refused(tmp_path):
    photos = photographs(tmp_path / "photos")
    make(tmp_path / "cache", pictures=PhotoPictures(photos, SIDE))
    with pytest.raises(UsageError, match=r"\(size 16 x 16, expected 24 x 24\)"):
        make(tmp_path / "cache", pictures=PhotoPictures(photos, 24))


def test_a_folder_of_other_things_is_refused(tmp_path):
    (tmp_path / "diary.txt").write_text("dear")
    with pytest.raises(UsageError, match=r"holds other files, diary.txt for one"):
        make(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]
    with pytest.raises(UsageError, match="a file is in the way"):
        make(tmp_path / "diary.txt")
    with pytest.raises(FewbitsError, match="holds no features: extract them first"):
        open_cache(tmp_path)


def test_the_fingerprint_knows_weights_names_settings_and_hidden_buffers():
    class Shifted(nn.Module):
        def __init__(self, by: float) -> None:
            super().__init__()
            self.register_buffer("by", torch.tensor(by), persistent=False)

    networks = [
        tiny(),
        tiny(seed=4),
        tiny().double(),
        tiny().append(nn.ReLU()),
        nn.Sequential(*tiny()[:2], nn.GELU()),
        nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU()),
        nn.Sequential(nn.Conv2d(3, 6, 3, stride=2), nn.ReLU()),
        tiny().append(Shifted(1.0)),
        tiny().append(Shifted(2.0)),
        tiny().bfloat16(),
    ]
    networks[6].load_state_dict(networks[5].state_dict())
    flipped = tiny()
    with torch.no_grad():
        flipped[0].weight[0, 0, 0, 0] = torch.nextafter(
            flipped[0].weight[0, 0, 0, 0], torch.ones(())
        )
    networks.append(flipped)
    assert len({backbone_fingerprint(network) for network in networks}) == len(networks)
    assert backbone_fingerprint(tiny().train()) == backbone_fingerprint(tiny().eval())
    frozen = tiny().requires_grad_(False)
    assert backbone_fingerprint(frozen) == backbone_fingerprint(tiny())


def test_photographs_are_the_same_wherever_they_lie(tmp_path):
    here = photographs(tmp_path / "here")
    there = photographs(tmp_path / "elsewhere" / "deeper")
    identity = PhotoPictures(here, SIDE).identity
    assert PhotoPictures(there, SIDE).identity == identity
    assert PhotoPictures(here.take([1, 0, *range(2, 10)]), SIDE).identity != identity
    with there.paths[3].open("ab") as file:
        file.write(b"x")
    assert PhotoPictures(there, SIDE).identity != identity


def test_a_split_is_known_by_every_pixel_and_label():
    one = drawn()
    images, labels = one.split.images.clone(), one.split.labels.clone()
    assert SplitPictures(Split(images.clone(), labels.clone())).identity == one.identity
    images[17, 1, 4, 4] ^= 1
    assert SplitPictures(Split(images, labels)).identity != one.identity
    labels[2] = 0
    assert SplitPictures(Split(one.split.images, labels)).identity != one.identity


@pytest.mark.parametrize(
    ("shape", "said"), [((2, 1, 16, 16), "1 x 16 x 16"), ((2, 3, 16, 20), "3 x 16 x 20")]
)
def test_grey_or_oblong_splits_are_refused(shape, said):
    split = Split(torch.zeros(shape, dtype=torch.uint8), torch.zeros(2, dtype=torch.int64))
    with pytest.raises(UsageError, match=f"expected squares of 3 channels, got images of {said}"):
        SplitPictures(split)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 0}, "expected a batch and shards of at least 1, got 0 and"),
        ({"shard_bytes": 0}, "expected a batch and shards of at least 1, got 3 and 0"),
        ({"rank": 2, "world": 2}, "expected a rank from 0 to below world, got 2 of 2"),
        ({"pictures": drawn(0)}, "expected pictures, got none"),
        ({"views": ()}, "expected views with names of their own, .*, got none"),
        ({"views": (PLAIN, PLAIN)}, "got 'plain', 'plain'"),
        ({"views": (View("a/b", torch.flip),)}, "got 'a/b'"),
        ({"network": nn.Sequential(tiny(), nn.Flatten())}, "maps of 4 axes .*, got 2 axes"),
        ({"views": (PLAIN, View("cut", lambda x: x[..., 8:, :]))}, "'cut': expected maps of 6 x 4"),
    ],
)
def test_settings_that_make_no_cache_are_refused(unchecked, tmp_path, changes, message):
    with pytest.raises(UsageError, match=message):
        make(tmp_path / "cache", **changes)


@pytest.mark.usefixtures("unchecked")
def test_a_network_that_gives_something_else_is_refused(tmp_path):
    class Two(nn.Module):
        def forward(self, x):
            return x, x

    with pytest.raises(UsageError, match="maps of 4 axes .*, got a tuple"):
        make(tmp_path, Two())


class Lossy(SplitPictures):
    """Loses a picture on the way."""

    def read(self, start, stop):
        return super().read(start, stop)[: 2 if start == 11 else None]


def test_pictures_that_are_lacking_are_refused(tmp_path):
    with pytest.raises(FewbitsError, match="expected pictures 11 to 13, got 2 of them"):
        make(tmp_path, pictures=Lossy(drawn().split))


class Odd(nn.Module):
    """Puts one value into the maps of the pictures whose first pixel is black."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, x):
        maps = torch.ones(len(x), FEATURES, *GRID)
        maps[x[:, :, 0, 0].sum(1) == 0, 2, 1, 1] = self.value
        return maps


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (65505.0, "its features reach 65505, and 16 bits end at 65504"),
        (-7e4, "its features reach 70000, and 16 bits end at 65504"),
        (float("nan"), "its features hold NaN or infinity"),
        (-float("inf"), "its features hold NaN or infinity"),
    ],
)
def test_a_value_that_sixteen_bits_do_not_hold_names_its_picture(tmp_path, value, said):
    pictures = drawn()
    pictures.split.images[:, :, 0, 0] = 1
    pictures.split.images[13, :, 0, 0] = 0
    with pytest.raises(FewbitsError, match=re.escape(f"picture 13 (of the split's 30): {said}")):
        make(tmp_path, Odd(value), pictures)
    assert [path.name for path in tmp_path.glob("*.npy")] == ["plain-00000.npy"]


def test_the_largest_value_of_sixteen_bits_is_kept(tmp_path):
    pictures = drawn()
    pictures.split.images[:, :, 0, 0] = 0
    make(tmp_path, Odd(-65504.0), pictures)
    assert open_cache(tmp_path).rows([0]).min() == -65504


# Pictures that do not decode


@pytest.fixture
def broken(tmp_path) -> Photos:
    photos = photographs(tmp_path / "photos")
    os.truncate(photos.paths[4], photos.paths[4].stat().st_size // 2)
    photos.paths[7].unlink()
    return photos


def test_a_picture_that_does_not_decode_is_named(broken, tmp_path):
    with pytest.raises(FewbitsError, match=r"class0/4\.png: .*does not decode"):
        make(tmp_path / "cache", pictures=PhotoPictures(broken, SIDE))
    assert not list((tmp_path / "cache").glob("*.npy"))


@pytest.mark.parametrize("workers", [1, 3])
def test_pictures_that_do_not_decode_are_left_out_if_asked(broken, tmp_path, workers):
    notes, steps = [], []
    pictures = PhotoPictures(broken, SIDE, workers=workers)
    make(
        tmp_path / "cache",
        pictures=pictures,
        shard_bytes=4 * PICTURE,
        views=BOTH,
        skip_broken=True,
        on_note=notes.append,
        on_step=lambda done, total: steps.append((done, total)),
    )
    assert "picture 4 is left out: " in notes[1] and "4.png" in notes[1]
    assert "picture 7 is left out: " in notes[2] and "7.png" in notes[2]
    assert notes[3:] == ["2 of 10 pictures are left out: they do not decode"]
    assert steps[-1] == (10, 10)
    cache = open_cache(tmp_path / "cache")
    kept = [0, 1, 2, 3, 5, 6, 8, 9]
    assert (cache.count, cache.kept.tolist()) == (8, kept)
    assert torch.equal(cache.maps("mirrored").kept, cache.kept)
    pixels = read_pixels(broken.take(kept), SIDE)
    expected = directly(tiny(), pixels)
    torch.testing.assert_close(cache.rows(range(8)), expected, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(cache.means(), expected.mean((2, 3)), atol=1e-3, rtol=1e-3)
    assert json.loads((tmp_path / "cache" / "00001.json").read_text())["broken"] == [4, 7]
    assert make(tmp_path / "cache", pictures=pictures, views=BOTH, skip_broken=True) == 0


def test_a_single_picture_that_does_not_decode_is_told_of_as_one(broken, tmp_path):
    notes, pictures = [], PhotoPictures(broken.first(6), SIDE)
    make(tmp_path / "cache", pictures=pictures, skip_broken=True, on_note=notes.append)
    assert notes[-1] == "1 of 6 pictures is left out: it does not decode"


def test_a_cache_with_pictures_left_out_is_not_taken_for_a_whole_one(broken, tmp_path):
    pictures = PhotoPictures(broken, SIDE)
    make(tmp_path / "cache", pictures=pictures, skip_broken=True)
    with pytest.raises(FewbitsError, match=r"class0/4\.png: .*does not decode"):
        make(tmp_path / "cache", pictures=pictures)
    assert open_cache(tmp_path / "cache").count == 8


def test_a_shard_of_which_nothing_decodes_is_empty(broken, tmp_path):
    make(
        tmp_path / "cache",
        pictures=PhotoPictures(broken, SIDE),
        shard_bytes=PICTURE,
        skip_broken=True,
        views=BOTH,
    )
    cache = open_cache(tmp_path / "cache", verify=True)
    assert [shard.rows for shard in cache.shards] == [1, 1, 1, 1, 0, 1, 1, 0, 1, 1]
    assert cache.kept.tolist() == [0, 1, 2, 3, 5, 6, 8, 9]
    assert cache.rows([3, 4, 7]).shape == (3, FEATURES, *GRID)
    assert torch.equal(cache.rows([4]), cache.rows(range(8))[4:5])
    assert cache.means().shape == (8, FEATURES)
    assert len(cache.sample_vectors(8 * 32, torch.Generator())[0]) == 8 * 32


def test_a_cache_of_which_nothing_decodes_is_refused(tmp_path):
    photos = photographs(tmp_path / "photos", 3)
    for path in photos.paths:
        path.write_bytes(b"none")
    make(tmp_path / "cache", pictures=PhotoPictures(photos, SIDE), skip_broken=True)
    with pytest.raises(FewbitsError, match="none of the pictures decodes"):
        open_cache(tmp_path / "cache")


# What is read


def test_photographs_and_the_same_pixels_in_memory_have_the_same_maps(tmp_path):
    photos = photographs(tmp_path / "photos")
    make(tmp_path / "read", pictures=PhotoPictures(photos, SIDE, workers=2))
    split = Split(read_pixels(photos, SIDE), photos.labels)
    make(tmp_path / "held", pictures=SplitPictures(split))
    one, other = open_cache(tmp_path / "read"), open_cache(tmp_path / "held")
    assert torch.equal(one.rows(range(10)), other.rows(range(10)))


def test_rows_come_in_the_order_asked_for(cache):
    everything = cache.rows(torch.arange(COUNT))
    wanted = [29, 0, 7, 8, 8, 23, 24]
    assert torch.equal(cache.rows(wanted), everything[wanted])
    assert torch.equal(cache.rows(torch.tensor(wanted)), everything[wanted])
    assert cache.rows([]).shape == (0, FEATURES, *GRID)
    for wrong in ([30], [-1], [2, 40]):
        with pytest.raises(UsageError, match="expected rows from 0 to 29"):
            cache.rows(wrong)


def test_batches_hold_every_picture_once_or_those_asked_for(cache):
    everything = cache.rows(range(COUNT))
    batches = list(cache.batches(11))
    assert [len(batch) for batch in batches] == [11, 11, 8]
    assert torch.equal(torch.cat(batches), everything)
    order = torch.randperm(COUNT, generator=torch.Generator().manual_seed(1))[:13]
    assert torch.equal(torch.cat(list(cache.batches(4, order))), everything[order])
    with pytest.raises(UsageError, match="a batch size of at least 1, got 0"):
        cache.batches(0)


def test_means_are_each_maps_over_its_cells(cache):
    assert torch.equal(cache.means(), cache.rows(range(COUNT)).mean((2, 3)))


def cells_of(cache) -> torch.Tensor:
    return cache.rows(range(cache.count)).movedim(1, 3).flatten(0, 2)


@pytest.fixture(scope="module")
def distinct(tmp_path_factory):
    """A cache whose every cell has another vector: its own number."""

    class Numbered(nn.Module):
        def forward(self, x):
            cells = torch.arange(8.0).reshape(1, 1, 2, 4)
            return (8 * x[:, :1, :1, :1] * 255 + cells) * torch.tensor([1.0, 2.0])[:, None, None]

    images = torch.arange(10, dtype=torch.uint8)[:, None, None, None].expand(10, 3, SIDE, SIDE)
    folder = tmp_path_factory.mktemp("distinct")
    pictures = SplitPictures(Split(images.contiguous(), torch.arange(10)))
    make(folder, Numbered(), pictures, shard_bytes=3 * 32)
    return open_cache(folder)


@pytest.mark.parametrize("count", [1, 7, 39, 41, 79, 80])
def test_a_sample_is_drawn_without_replacement_from_all_cells(distinct, count):
    found, pictures = distinct.sample_vectors(count, torch.Generator().manual_seed(4))
    assert found.shape == (count, 2) and found.dtype == torch.float32
    numbers = found[:, 0].round().int().tolist()
    assert len(set(numbers)) == count and set(numbers) <= set(range(80))
    assert torch.equal(found[:, 1], 2 * found[:, 0])
    cells = distinct.grid[0] * distinct.grid[1]
    assert pictures.tolist() == [number // cells for number in numbers]


def test_a_sample_is_uniform_over_cells_and_orders(distinct):
    """Each cell comes about as often as any other, in the sample and at its head."""
    generator = torch.Generator().manual_seed(0)
    seen, heads = Counter(), Counter()
    draws, count = 600, 16
    for _ in range(draws):
        numbers = distinct.sample_vectors(count, generator)[0][:, 0].round().int().tolist()
        seen.update(numbers)
        heads[numbers[0]] += 1
    share, spread = count / 80, np.sqrt(draws * 0.2 * 0.8)
    assert all(abs(seen[cell] - draws * share) < 4.5 * spread for cell in range(80))
    chi = sum((heads[cell] - draws / 80) ** 2 / (draws / 80) for cell in range(80))
    assert chi < 79 + 4.5 * np.sqrt(2 * 79)


def test_a_sample_depends_on_the_generator_alone(cache):
    one, again, other = (
        cache.sample_vectors(50, torch.Generator().manual_seed(seed))[0] for seed in (1, 1, 2)
    )
    assert torch.equal(one, again) and not torch.equal(one, other)
    everything = {tuple(vector) for vector in cells_of(cache).tolist()}
    assert {tuple(vector) for vector in one.tolist()} <= everything


def test_a_sample_of_everything_is_every_cell_once(cache):
    found, _ = cache.sample_vectors(COUNT * 32, torch.Generator().manual_seed(1))
    assert sorted(found.tolist()) == sorted(cells_of(cache).tolist())


@pytest.mark.parametrize("count", [0, COUNT * 32 + 1])
def test_a_sample_of_nothing_or_too_much_is_refused(cache, count):
    with pytest.raises(UsageError, match=rf"a sample of 1 to 960 vectors, got {count}: 30 pictur"):
        cache.sample_vectors(count, torch.Generator())


def test_no_file_stays_open(cache):
    def open_files():
        return len(list(Path("/proc/self/fd").iterdir()))

    if not Path("/proc/self/fd").exists():
        pytest.skip("/proc lists open files only on Linux")
    before = open_files()
    held = [cache.rows([n]) for n in range(COUNT)]
    held += [cache.means(), *cache.sample_vectors(9, torch.Generator()), *cache.batches(5)]
    assert open_files() == before
