"""The sets of colour pictures that are known by name: their source, terms, size and places.

Beside :mod:`fewbits.data.registry`, whose sets are four files of 28 x 28 pixels each: these are
folders of pictures, most of them with annotations.
"""

from dataclasses import dataclass

FOLDER_PREFIX = "imagefolder:"
BIRDS, TRAVELLING, SCENES = "birds", "birds-travelling", "scenes"
CUB, PASTED = "cub", "travelingbirds"

# Classes, and pictures of each for training and for testing, of the drawn sets.
DRAWN = {"smoke": (24, 16, 10), "real": (24, 60, 20)}
DRAWN_SCENES = {"smoke": (16, 40, 10), "real": (16, 150, 40)}


@dataclass(frozen=True)
class Archive:
    """The one file that a set is downloaded as.

    Attributes:
        url: its official address.
        name: what it is called on disk.
        size: in bytes.
        md5: as published.
        unpacked: bytes of disk that its content takes, rounded up.
    """

    url: str
    name: str
    size: int
    md5: str
    unpacked: int


@dataclass(frozen=True)
class PictureSet:
    """All that is known of a set of pictures before one of them is read.

    Attributes:
        train: official training pictures, from which validation is cut.
        test: official test pictures.
        places: patterns of folders in the data folder that it may lie in, the likeliest first.
        archive: what ``fewbits data get`` fetches.
        drawn: made here when first asked for; the counts are those at the real scale.
    """

    name: str
    source: str
    licence: str
    classes: int
    train: int
    test: int
    places: tuple[str, ...]
    archive: Archive | None = None
    drawn: bool = False

    @property
    def pictures(self) -> int:
        """Number of pictures, of all splits."""
        return self.train + self.test


def _drawn(name: str, source: str, counts: tuple[int, int, int]) -> PictureSet:
    classes, train, test = counts
    return PictureSet(
        name=name,
        source=source,
        licence="MIT",
        classes=classes,
        train=classes * train,
        test=classes * test,
        places=(f"{name}-[0-9]*x[0-9]*+[0-9]*",),
        drawn=True,
    )


CUB_SET = PictureSet(
    name=CUB,
    source="https://data.caltech.edu/records/65de6-vp158",
    licence="non-commercial research",
    classes=200,
    train=5_994,
    test=5_794,
    places=("CUB_200_2011", "cub100"),
    archive=Archive(
        url="https://data.caltech.edu/records/65de6-vp158/files/CUB_200_2011.tgz?download=1",
        name="CUB_200_2011.tgz",
        size=1_150_585_339,
        md5="97eceeb196236b17998738112f37df78",
        unpacked=1_400_000_000,
    ),
)

PASTED_SET = PictureSet(
    name=PASTED,
    source="https://worksheets.codalab.org/bundles/0x518829de2aa440c79cd9d75ef6669f27",
    licence="CUB's and that of Places",
    classes=CUB_SET.classes,
    train=CUB_SET.train,
    test=CUB_SET.test,
    places=("CUB_fixed", "TravelingBirds/CUB_fixed"),
)

PICTURES = {
    info.name: info
    for info in (
        _drawn(BIRDS, "drawn by fewbits.data.birds", DRAWN["real"]),
        _drawn(
            TRAVELLING,
            "drawn by fewbits.data.birds, test pictures in other habitats",
            DRAWN["real"],
        ),
        _drawn(SCENES, "drawn by fewbits.data.scenes", DRAWN_SCENES["real"]),
        CUB_SET,
        PASTED_SET,
    )
}
"""Every set of pictures with a name; folders of one's own are ``imagefolder:DIR``."""
