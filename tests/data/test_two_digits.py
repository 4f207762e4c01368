"""Laws of the canvases: what is in the box decides the label, and nothing else does."""

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from toys import toy_info, write_part

from fewbits import data
from fewbits.cli import main
from fewbits.data import SETS, fetching, folders, loading, registry
from fewbits.data.splits import ImageSet, Split, digest_images
from fewbits.data.two_digits import BOX, JITTER, compose, draw_layout, make_two_digits, shrink
from fewbits.data.verify import fingerprint
from fewbits.errors import FewbitsError, UsageError
from fewbits.pact.pipeline import schedule_for
from fewbits.training import augment

PARTS = ("train", "validation", "test")
REAL = data.named_folder()  # read before the fixture below hides it


@pytest.fixture(autouse=True)
def no_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test looks into the cache or the data folder of whoever runs it."""
    monkeypatch.delenv("FEWBITS_DATA", raising=False)
    monkeypatch.setattr(folders.platformdirs, "user_cache_path", lambda _: tmp_path / "cache")


@pytest.fixture(scope="module")
def canvases() -> ImageSet:
    return data.load("two-digits")


def checksum(images: ImageSet) -> str:
    together = hashlib.sha256()
    for part in PARTS:
        split = getattr(images, part)
        for tensor in (split.images, split.labels, split.truth):
            together.update(tensor.numpy().tobytes())
    return together.hexdigest()[:16]


def flat(labels: list[int]) -> Split:
    """Each digit evenly filled with a grey of its own: 10 for the first image, 11, 12 ..."""
    greys = torch.arange(10, 10 + len(labels), dtype=torch.uint8)
    images = greys[:, None, None, None].expand(-1, 1, 28, 28).clone()
    return Split(images, torch.tensor(labels, dtype=torch.int64))


def drawn(count: int, seed: int, base: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Random digits of all ten classes without black pixels."""
    generator = np.random.default_rng(seed)
    images = generator.integers(base, 256, (count, 28, 28), dtype=np.uint8)
    return images, (np.arange(count) % 10).astype(np.uint8)


def as_split(images: np.ndarray, labels: np.ndarray) -> Split:
    return Split(torch.from_numpy(images[:, None]), torch.from_numpy(labels.astype(np.int64)))


def box_of(truth: torch.Tensor) -> tuple[int, int]:
    """Top row and left column of the only box in one image's truth."""
    rows, columns = truth[0].nonzero(as_tuple=True)
    top, left = int(rows.min()), int(columns.min())
    whole = torch.zeros(28, 28, dtype=torch.bool)
    whole[top : top + BOX, left : left + BOX] = True
    assert torch.equal(truth[0], whole), "the truth is a box of 12 x 12"
    return top, left


def test_a_canvas_checked_by_hand() -> None:
    # BLAKE2b of "train 0" (24 bytes, salted) is 9106058134741063079, 15267104123017161322 and
    # 4983903078572613197, little end first. The first is 2 modulo 3: distractor 2 is the 9, grey
    # 13. The second is 10 modulo 12: of (0, 1), (0, 2), (0, 3), (1, 0) ... (3, 2) the pair (3, 1).
    # The third ends in 2, 0, 0, 1 to base 3, lowest first: 2 down and 0 right, 0 down and 1 right.
    expected = torch.zeros(28, 28, dtype=torch.uint8)
    expected[14 + 2 : 28, 14 : 14 + 12] = 11
    expected[0:12, 14 + 1 : 14 + 13] = 13
    made = compose(flat([7, 3, 5, 9]), "train")
    assert torch.equal(made.images, expected[None, None])
    assert made.labels.tolist() == [3]
    assert made.truth is not None and box_of(made.truth[0]) == (16, 14)


def test_shrinking_checked_by_hand() -> None:
    image = np.zeros((1, 28, 28), dtype=np.uint8)
    image[0, 2, 2:4], image[0, 3, 2:4] = (1, 2), (3, 4)  # mean 2.5, rounded up
    image[0, 24:26, 24:26] = 255
    image[0, 12, 2] = 1  # a quarter, rounded down
    image[0, 1, :] = image[0, :, 26] = 200  # outside of the central 24 x 24
    small = shrink(image)[0]
    assert small[0, 0] == 3 and small[11, 11] == 255
    assert small.sum() == 258


@given(arrays.arrays(np.uint8, (2, 28, 28)))
def test_shrinking_is_the_mean_up_to_rounding(images: np.ndarray) -> None:
    exact = torch.nn.functional.avg_pool2d(torch.from_numpy(images).double()[:, 2:-2, 2:-2], 2)
    error = torch.from_numpy(shrink(images)).double() - exact
    assert error.min() > -0.5 and error.max() <= 0.5


def test_the_box_holds_the_wanted_digit_and_all_else_is_one_distractor() -> None:
    source = as_split(*drawn(60, 0))
    small = torch.from_numpy(shrink(source.images[:, 0].numpy()))
    kept = {small[i].numpy().tobytes(): int(source.labels[i]) for i in range(60)}
    made = compose(source, "test", rounds=3)
    assert made.truth is not None and made.count == 90
    wanted = [i for _ in range(3) for i in range(60) if source.labels[i] < 5]
    for n, i in enumerate(wanted):
        top, left = box_of(made.truth[n])
        inside = made.images[n, 0, top : top + BOX, left : left + BOX]
        assert torch.equal(inside, small[i]), "the wanted digits come in their order, each round"
        assert made.labels[n] == source.labels[i] < 5
        rest = made.images[n, 0] * ~made.truth[n, 0]
        rows, columns = rest.nonzero(as_tuple=True)
        top_2, left_2 = int(rows.min()), int(columns.min())
        other = rest[top_2 : top_2 + BOX, left_2 : left_2 + BOX]
        assert kept[other.contiguous().numpy().tobytes()] >= 5
        assert rest.sum() == other.sum(), "nothing but the distractor lies outside"
        assert (top // 14, left // 14) != (top_2 // 14, left_2 // 14)


@given(count=st.integers(1, 40), more=st.integers(0, 20), part=st.sampled_from(PARTS))
def test_layouts_stay_in_their_quadrants_and_do_not_depend_on_how_many_follow(
    count: int, more: int, part: str
) -> None:
    few, many = draw_layout(part, count, 7), draw_layout(part, count + more, 7)
    for name in ("distractor", "wanted_at", "distractor_at"):
        assert (getattr(few, name) == getattr(many, name)[:count]).all()
    for begins in (few.wanted_at, few.distractor_at):
        assert (begins % 14 <= JITTER).all() and (begins // 14 <= 1).all()
    assert (few.wanted_at // 14 != few.distractor_at // 14).any(axis=1).all()
    assert few.distractor.max() < 7


def test_all_layouts_are_equally_likely() -> None:
    layout = draw_layout("train", 48_000, 5)
    for begins in (layout.wanted_at, layout.distractor_at):
        counts = Counter(map(tuple, begins.tolist()))
        assert len(counts) == 4 * 9
        assert max(abs(n - 48_000 / 36) for n in counts.values()) < 5 * (48_000 / 36) ** 0.5
    quadrants = np.concatenate([layout.wanted_at // 14, layout.distractor_at // 14], axis=1)
    pairs = Counter(map(tuple, quadrants.tolist()))
    assert len(pairs) == 12
    assert max(abs(n - 4_000) for n in pairs.values()) < 5 * 4_000**0.5
    assert np.abs(np.bincount(layout.distractor) - 9_600).max() < 5 * 9_600**0.5
    shift = np.concatenate([layout.wanted_at % 14, layout.distractor_at % 14], axis=1)
    assert len(Counter(map(tuple, shift.tolist()))) == 81
    assert np.abs(np.corrcoef(shift.T) - np.eye(4)).max() < 0.03


def test_each_part_and_each_round_has_draws_of_its_own() -> None:
    layouts = [draw_layout(part, 50, 9).wanted_at.tolist() for part in PARTS]
    assert layouts[0] != layouts[1] != layouts[2] != layouts[0]
    made = compose(as_split(*drawn(60, 0)), "train", rounds=2)
    first, second = made.images.split(30)
    assert (first != second).flatten(1).any(1).all()


def test_embedded_canvases_are_counted(canvases: ImageSet) -> None:
    assert [getattr(canvases, part).count for part in PARTS] == [3_606, 200, 400]
    assert canvases.name == "two-digits" and canvases.class_names == tuple("01234")
    digits = data.load("digits")
    for part, rounds in (("train", 6), ("validation", 2), ("test", 2)):
        split, source = getattr(canvases, part), getattr(digits, part)
        assert split.labels.bincount().tolist() == [
            rounds * n for n in source.labels.bincount()[:5].tolist()
        ]
        assert split.truth is not None and split.truth.shape == split.images.shape
        assert (split.truth.flatten(1).sum(1) == BOX**2).all()


def test_embedded_canvases_are_bit_for_bit_these(canvases: ImageSet) -> None:
    # Every number that stands on them stands on these pixels in this order.
    assert checksum(canvases) == checksum(data.load("two-digits")) == "139293f59b5879d6"


def test_a_canvas_holds_digits_of_its_own_split_only(canvases: ImageSet) -> None:
    greys = {"train": 40, "validation": 80, "test": 120}
    source = ImageSet(
        "flat",
        *(as_split(np.full((20, 28, 28), g, np.uint8), drawn(20, 0)[1]) for g in greys.values()),
        tuple("0123456789"),
    )
    made = make_two_digits(source, "smoke")
    for part, grey in greys.items():
        assert getattr(made, part).images.unique().tolist() == [0, grey]
    digits = data.load("digits")
    for part in PARTS:
        split, own = getattr(canvases, part), getattr(digits, part).images[:, 0].numpy()
        known = {small.tobytes() for small in shrink(own)}
        for image, truth in zip(split.images[:, 0].numpy(), split.truth, strict=True):
            top, left = box_of(truth)
            assert image[top : top + BOX, left : left + BOX].tobytes() in known


def write_mnist(folder: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> Path:
    """A small set that is called mnist here, its files' order shuffled by ``seed``."""
    parts = {"train": drawn(80, 1), "test": drawn(40, 2)}
    sums = {part: fingerprint(digest_images(*pair)) for part, pair in parts.items()}
    info = toy_info(
        name="mnist",
        folder="MNIST",
        classes=10,
        train=60,
        validation=20,
        test=40,
        fingerprints=sums,
    )
    monkeypatch.setitem(SETS, "mnist", info)
    for part, (images, labels) in parts.items():
        order = np.random.default_rng(seed).permutation(len(labels))
        write_part(folder / "MNIST" / "raw", part, images[order], labels[order])
    return folder


def test_the_real_scale_is_made_from_mnist_in_any_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [
        data.load("two-digits", write_mnist(tmp_path / str(seed), monkeypatch, seed), "real")
        for seed in (1, 2)
    ]
    assert checksum(made[0]) == checksum(made[1])
    mnist = data.load("mnist", tmp_path / "1", "real")
    for part in PARTS:
        labels = getattr(mnist, part).labels
        assert getattr(made[0], part).labels.tolist() == labels[labels < 5].tolist(), "one round"


@pytest.mark.real
def test_the_registry_counts_the_canvases_of_the_actual_mnist() -> None:
    if not (REAL and data.is_here(SETS["mnist"], REAL)):
        pytest.skip("mnist is not in FEWBITS_DATA")
    made, info = data.load("two-digits", REAL, "real"), data.find_set("two-digits")
    for part in PARTS:
        assert getattr(made, part).count == getattr(info, part)


def test_smoke_takes_the_first_of_each_split(
    canvases: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "SMOKE_COUNTS", {"train": 9, "validation": 5, "test": 7})
    few = data.load("two-digits")
    for part, count in (("train", 9), ("validation", 5), ("test", 7)):
        some, every = getattr(few, part), getattr(canvases, part)
        for name in ("images", "labels", "truth"):
            assert torch.equal(getattr(some, name), getattr(every, name)[:count])


def test_first_carries_the_truth_where_there_is_one(canvases: ImageSet) -> None:
    few = canvases.test.first(3)
    assert few.count == 3 and few.truth is not None and canvases.test.truth is not None
    assert torch.equal(few.truth, canvases.test.truth[:3])
    assert data.load("digits").test.truth is None
    assert data.load("digits").test.first(3).truth is None
    assert Split(few.images, few.labels).truth is None


@given(seed=st.integers(0, 1000), shift=st.integers(0, 2))
def test_a_moved_canvas_and_its_moved_truth_still_fit(
    canvases: ImageSet, seed: int, shift: int
) -> None:
    few = canvases.test.first(20)
    assert few.truth is not None

    def move(images: torch.Tensor) -> torch.Tensor:
        return augment(images, shift, False, torch.Generator().manual_seed(seed))

    moved, box = move(few.images), move(few.truth.to(torch.uint8))
    assert moved.shape == few.images.shape and moved.dtype == torch.uint8
    assert torch.equal(moved * box, move(few.images * few.truth))
    assert (box.flatten(1).sum(1) >= (BOX - shift) ** 2).all()


def test_training_moves_canvases_by_one_pixel_and_never_mirrors_them() -> None:
    smoke, real = (
        schedule_for("two-digits", s, n) for s, n in (("smoke", 3_606), ("real", 28_045))
    )
    for settings in (smoke.float_network, smoke.fine_tuning, real.float_network, real.fine_tuning):
        assert settings.shift == 1 and not settings.mirror
    assert smoke.float_network.epochs > real.float_network.epochs
    assert schedule_for("mnist", "real").float_network.shift == 2


@pytest.mark.parametrize(
    ("labels", "rounds", "says"),
    [
        ([5, 9], 1, "train: expected a wanted digit, 0 to 4, got none in 2 images: use a set"),
        ([0, 4, 4], 1, "train: expected a distractor digit, 5 to 9, got none in 3 images"),
        ([], 1, "expected a wanted digit, 0 to 4, got none in 0 images"),
        ([0, 5, 10], 1, "train: expected labels from 0 to 9, got 10: use a set of digits"),
        ([0, 5, -1], 1, "expected labels from 0 to 9, got -1"),
        ([0, 5], 0, "expected at least 1 round, got 0"),
    ],
)
def test_what_makes_no_canvas_is_refused(labels: list[int], rounds: int, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        compose(flat(labels), "train", rounds)


def test_without_mnist_the_real_scale_says_what_to_get(tmp_path: Path) -> None:
    with pytest.raises(
        FewbitsError, match=f"get it with: fewbits data get mnist --data {tmp_path}"
    ):
        data.load("two-digits", tmp_path, "real")


def test_the_registry_knows_it() -> None:
    info = data.find_set("two-digits")
    assert data.find_sources(info) == {"real": SETS["mnist"], "smoke": SETS["digits"]}
    assert data.find_sources(SETS["mnist"]) == {}
    assert info.class_names() == tuple("01234")
    with pytest.raises(UsageError, match="did you mean two-digits.*or two-digits, made from these"):
        data.find_set("two-digit")


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of ``fewbits data ...``."""
    with pytest.raises(SystemExit) as end:
        main(["data", *map(str, arguments)])
    return (end.value.code, *capsys.readouterr())  # type: ignore[return-value]


def test_the_command_lists_and_checks_what_it_is_made_from(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, listed, _ = said(capsys, "list", "--data", tmp_path)
    row = next(line for line in listed.splitlines() if line.startswith("two-digits"))
    assert " ".join(row.split()) == (
        "two-digits 35,735 5 mnist's CC BY-SA 3.0 or CC BY 4.0 "
        "made from mnist (real: not here) or digits (smoke: embedded)"
    )
    code, out, _ = said(capsys, "check", "two-digits", "--data", tmp_path)
    assert code == 0
    assert out == (
        "two-digits: made from mnist (real: not here, get it with: fewbits data get mnist "
        f"--data {tmp_path}) or digits (smoke: whole, embedded)\n"
    )
    folder = write_mnist(tmp_path, monkeypatch, 1) / "MNIST" / "raw"
    _, out, _ = said(capsys, "check", "two-digits", "--data", tmp_path)
    assert f"mnist (real: whole, same images, another order, {folder})" in out
    (folder / "t10k-labels-idx1-ubyte").write_bytes(b"")
    code, out, err = said(capsys, "check", "two-digits", "--data", tmp_path)
    assert (code, out) == (1, "") and "t10k-labels-idx1-ubyte: truncated" in err


def test_the_command_gets_what_it_is_made_from(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def get_file(info: data.SetInfo, *_: object) -> None:
        asked.append(info.name)

    monkeypatch.setattr(fetching, "_missing", lambda info, _: list(info.archive_bytes)[:1])
    monkeypatch.setattr(fetching, "_get_file", get_file)
    monkeypatch.setattr(fetching, "need_space", lambda *_: None)
    monkeypatch.setattr(fetching, "read_known", lambda *_: None)
    code, out, err = said(capsys, "get", "two-digits", "--data", tmp_path)
    assert (code, err, asked) == (0, "", ["mnist"])
    assert out == (
        "two-digits: whole, made from mnist (real: not here) or digits (smoke: embedded)\n"
    )


def test_getting_it_gets_what_it_is_made_from(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(fetching, "_missing", lambda info, folder: asked.append(info.name) or [])
    assert fetching.get(registry.find_set("two-digits"), tmp_path) == []
    assert asked == ["mnist"], "the digits are embedded"
