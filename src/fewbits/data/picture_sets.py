"""The sets of colour pictures that are known by name: their source, terms, size and places.

Beside :mod:`fewbits.data.registry`, whose sets are four files of 28 x 28 pixels each: these are
folders of pictures, most of them with annotations.
"""

from dataclasses import dataclass

FOLDER_PREFIX = "imagefolder:"
BIRDS, TRAVELLING, SCENES = "birds", "birds-travelling", "scenes"
CUB, PASTED = "cub", "travelingbirds"
IMAGENETTE, IMAGENET = "imagenette", "imagenet"
TINY_IMAGENET, TINY_FIFTY = "tiny-imagenet", "tiny-imagenet-50"

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
        holds: what is in it for certain, a path whose first part is the folder that it unpacks to.
    """

    url: str
    name: str
    size: int
    md5: str
    unpacked: int
    holds: str

    @property
    def folder(self) -> str:
        """What it unpacks to."""
        return self.holds.partition("/")[0]


@dataclass(frozen=True)
class PictureSet:
    """All that is known of a set of pictures before one of them is read.

    Attributes:
        train: official training pictures, from which validation is cut.
        test: official test pictures.
        places: patterns of folders in the data folder that it may lie in, the likeliest first.
        archive: what ``fewbits data get`` fetches.
        drawn: made here when first asked for; the counts are those at the real scale.
        annotated: in CUB's layout, with boxes, parts and attributes; else a folder a class.
        by_hand: how to have it, where there is no archive; ``{home}`` stands for the data folder.
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
    annotated: bool = False
    by_hand: str = ""

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
        holds="CUB_200_2011/images.txt",
    ),
    annotated=True,
)

PASTED_SET = PictureSet(
    name=PASTED,
    source="https://worksheets.codalab.org/bundles/0x518829de2aa440c79cd9d75ef6669f27",
    licence="CUB's and that of Places",
    classes=CUB_SET.classes,
    train=CUB_SET.train,
    test=CUB_SET.test,
    places=("CUB_fixed", "TravelingBirds/CUB_fixed"),
    annotated=True,
    by_hand="get CUB_fixed from "
    "https://worksheets.codalab.org/bundles/0x518829de2aa440c79cd9d75ef6669f27 and put it into "
    f"{{home}}; labels and parts are CUB's: fewbits data get {CUB} --data {{home}}",
)

NON_COMMERCIAL = "ImageNet's, non-commercial research"

IMAGENETTE_SET = PictureSet(
    name=IMAGENETTE,
    source="https://github.com/fastai/imagenette",
    licence=NON_COMMERCIAL,
    classes=10,
    train=9_469,
    test=3_925,
    places=("imagenette2-320", "imagenette2", "imagenette2-160"),
    # Address and checksum are those of torchvision.datasets.Imagenette, size "320px".
    archive=Archive(
        url="https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-320.tgz",
        name="imagenette2-320.tgz",
        size=341_663_724,
        md5="3df6f0d01a2c9592104656642f5e78a3",
        unpacked=450_000_000,
        holds="imagenette2-320/train",
    ),
)

IMAGENET_SET = PictureSet(
    name=IMAGENET,
    source="https://image-net.org/download",
    licence=NON_COMMERCIAL,
    classes=1_000,
    train=1_281_167,
    test=50_000,
    places=("imagenet", "ILSVRC2012"),
    by_hand="sign in at https://image-net.org/download, put ILSVRC2012_devkit_t12.tar.gz, "
    "ILSVRC2012_img_train.tar and ILSVRC2012_img_val.tar into {home}/imagenet and let torchvision "
    'unpack them there: python -c "from torchvision.datasets import ImageNet as I; '
    "I('{home}/imagenet', 'train'); I('{home}/imagenet', 'val')\"",
)

TINY_SET = PictureSet(
    name=TINY_IMAGENET,
    source="http://cs231n.stanford.edu/tiny-imagenet-200.zip",
    licence=NON_COMMERCIAL,
    classes=200,
    train=100_000,
    test=10_000,
    places=("tiny-imagenet-200",),
    by_hand="download http://cs231n.stanford.edu/tiny-imagenet-200.zip and unpack it in {home}",
)

TINY_FIFTY_SET = PictureSet(
    name=TINY_FIFTY,
    source=f"{TINY_IMAGENET}, of which it is 50 classes",
    licence=NON_COMMERCIAL,
    classes=50,
    train=12_000,
    test=2_500,
    places=("tiny-imagenet-50",),
    by_hand=f"put pictures of 50 classes of {TINY_IMAGENET} into {{home}}/tiny-imagenet-50, a "
    "folder a class in train/ and val/, and words.txt beside these",
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
        IMAGENETTE_SET,
        IMAGENET_SET,
        TINY_SET,
        TINY_FIFTY_SET,
    )
}
"""Every set of pictures with a name; folders of one's own are ``imagefolder:DIR``."""
