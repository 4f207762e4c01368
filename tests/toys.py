"""A small known set on disk, and a small mirror on 127.0.0.1 that can misbehave on request."""

import gzip
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

from fewbits.data import idx
from fewbits.data.registry import SetInfo
from fewbits.data.splits import digest_images
from fewbits.data.verify import fingerprint

TRAIN, TEST, CLASSES = 40, 12, 3


def idx_bytes(array: np.ndarray) -> bytes:
    header = bytes([0, 0, 8, array.ndim])
    return header + b"".join(n.to_bytes(4, "big") for n in array.shape) + array.tobytes()


def draw_part(count: int, seed: int, classes: int = CLASSES) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 256, (count, 28, 28), dtype=np.uint8)
    return images, (np.arange(count) % classes).astype(np.uint8)


def write_part(folder: Path, part: str, images: np.ndarray, labels: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / idx.image_file(part)).write_bytes(idx_bytes(images))
    (folder / idx.label_file(part)).write_bytes(idx_bytes(labels))


def write_set(folder: Path, train: int = TRAIN, test: int = TEST, classes: int = CLASSES) -> Path:
    """Four IDX files of random images, the same ones every time."""
    write_part(folder, "train", *draw_part(train, 0, classes))
    write_part(folder, "test", *draw_part(test, 1, classes))
    return folder


def pack(folder: Path) -> None:
    """Replace each file by its gzip archive."""
    for path in sorted(folder.glob("*ubyte")):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
        path.unlink()


@dataclass(frozen=True)
class ToyInfo(SetInfo):
    """A known set of 52 images that can be asked of a local mirror."""

    addresses: tuple[str, ...] = ()
    archives_md5: dict[str, str] = field(default_factory=dict)

    def mirrors(self) -> list[str]:
        return list(self.addresses)

    def archive_md5(self) -> dict[str, str]:
        return self.archives_md5

    def class_names(self) -> tuple[str, ...]:
        return tuple("abc")


def toy_files() -> dict[str, bytes]:
    """The four official files, unpacked, by name."""
    files = {}
    for part, count, seed in (("train", TRAIN, 0), ("test", TEST, 1)):
        images, labels = draw_part(count, seed)
        files[idx.image_file(part)] = idx_bytes(images)
        files[idx.label_file(part)] = idx_bytes(labels)
    return files


def toy_archives() -> dict[str, bytes]:
    return {name: gzip.compress(data, mtime=0) for name, data in toy_files().items()}


def toy_info(*addresses: str, **changes: object) -> ToyInfo:
    archives = toy_archives()
    parts = {"train": draw_part(TRAIN, 0), "test": draw_part(TEST, 1)}
    known: dict[str, object] = {
        "name": "toy",
        "source": "nowhere",
        "licence": "CC0",
        "train": TRAIN - 5,
        "validation": 5,
        "test": TEST,
        "classes": CLASSES,
        "folder": "Toy",
        "archive_bytes": {name: len(data) for name, data in archives.items()},
        "raw_md5": {n: hashlib.md5(data).hexdigest() for n, data in toy_files().items()},
        "fingerprints": {p: fingerprint(digest_images(*arrays)) for p, arrays in parts.items()},
        "first_labels": {p: bytes(labels[:10]) for p, (_, labels) in parts.items()},
        "addresses": addresses,
        "archives_md5": {n: hashlib.md5(data).hexdigest() for n, data in archives.items()},
    }
    return ToyInfo(**(known | changes))


class Mirror(ThreadingHTTPServer):
    """Serves ``files``; ``ranges``, ``cut_after``, ``cuts`` and ``status`` say how badly."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = files
        self.ranges = True
        self.cut_after: int | None = None  # bytes of an answer before the line goes dead
        self.cuts = 0  # how many answers are still cut
        self.shift = 0  # how far a partial answer begins from where it was asked to
        self.status: int | None = None  # answer everything with this
        self.moved: dict[str, str] = {}  # path -> where it is said to be now
        self.asked: list[tuple[str, str | None]] = []  # path and Range of every request

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        mirror, wanted = self.server, self.headers.get("Range")
        mirror.asked.append((self.path, wanted))
        if place := mirror.moved.get(self.path.removeprefix("/")):
            self.send_response(302)
            self.send_header("Location", place)
            self.end_headers()
            return
        data = mirror.files.get(self.path.removeprefix("/"))
        if mirror.status or data is None:
            self.send_error(mirror.status or 404)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and mirror.ranges else 0
        start += mirror.shift if start else 0
        if start and start >= len(data):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        body = data[start:]
        if mirror.cuts > 0 and mirror.cut_after is not None:
            mirror.cuts -= 1
            body = body[: mirror.cut_after]
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(files: dict[str, bytes]) -> Iterator[Mirror]:
    with Mirror(files) as mirror:
        thread = threading.Thread(target=mirror.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield mirror
        finally:
            mirror.shutdown()
            thread.join()
