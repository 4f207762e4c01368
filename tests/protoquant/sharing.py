"""What one process or several do in the tests: started by torchrun, or plainly for one alone.

    python sharing.py FOLDER [RANK EPOCH]

With a rank and an epoch, that process is lost after that epoch of stage 1.
"""

import json
import os
import sys
from pathlib import Path

import torch
from part_toys import CLASSES, FEATURES, WORDS, flat, spoken_maps

from fewbits.data import Split
from fewbits.features import SplitPictures, extract, open_cache
from fewbits.protoquant.codebook import Codebook, orthogonal_codes
from fewbits.protoquant.head import HeadSettings, fit_linear
from fewbits.protoquant.learning import LearnSettings, learn_codes
from fewbits.protoquant.mapping import fit_mapping
from fewbits.protoquant.scores import code_maps
from fewbits.protoquant.shelves import Shelf
from fewbits.training import processes

PICTURES = 83
"""Batches of 20 leave 3; of 41 a last one of 1, which two processes cannot share."""


class Maps:
    """Feature maps in memory, read as a cache's."""

    count, features, grid = PICTURES, FEATURES, (3, 3)

    def __init__(self) -> None:
        self.maps, self.labels = spoken_maps(PICTURES, 0)

    def rows(self, indices):
        return self.maps[torch.as_tensor(indices)]


def see(folder: Path, many) -> None:
    """Feature maps of noise, in shards of 4 pictures."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (30, 3, 8, 8), generator=generator, dtype=torch.uint8)
    torch.manual_seed(0)
    network = torch.nn.Conv2d(3, 5, 3, stride=2)
    pictures = SplitPictures(Split(images, torch.arange(30) % 2))
    extract(network, pictures, folder, shard_bytes=4 * 5 * 9 * 2, rank=many.rank, world=many.world)
    many.wait()
    assert open_cache(folder, verify=True).count == 30


def main(folder: Path, lost: tuple[int, int] | None) -> None:
    many, data = processes(), Maps()
    see(folder / "features", many)
    shelf = Shelf(folder / "scores", many)
    means = shelf.means(data, 8)
    how = HeadSettings(epochs=6, batch_size=41)
    probe = fit_linear(means, data.labels, CLASSES, how, 0, readable=False, many=many)
    codes = orthogonal_codes(2 * WORDS, FEATURES, torch.Generator().manual_seed(0))
    codebook = Codebook(codes, fit_mapping("none", flat(data.maps)))

    def told(number: int, *_) -> None:
        if lost == (many.rank, number):
            os._exit(9)  # as if the machine were gone

    settings = LearnSettings(epochs=5, batch_size=20, learning_rate=0.05, restart=True)
    given = data.rows, data.labels, probe, settings, 0, folder / "codes.pt"
    epochs = learn_codes(codebook, *given, told, many)
    scored = shelf.score(
        "whole", lambda maps: code_maps(codebook.cosines(maps)), data, codebook.count, 8
    )
    head = fit_linear(scored.scores, data.labels, CLASSES, how, 0, many=many)
    if many.main:
        found = {
            "world": many.world,
            "task": [epoch.task for epoch in epochs],
            "dictionary": [epoch.dictionary for epoch in epochs],
            "dead": [epoch.dead for epoch in epochs],
            "usage": codebook.usage.tolist(),
            "codes": codebook.codes.tolist(),
            "probe": list(probe.losses),
            "head": list(head.losses),
            "weights": head.weights.tolist(),
            "scores": scored.scores.tolist(),
        }
        (folder / "found.json").write_text(json.dumps(found))
    many.wait()


if __name__ == "__main__":
    rest = [int(word) for word in sys.argv[2:]]
    main(Path(sys.argv[1]), (rest[0], rest[1]) if rest else None)
