"""The stages of a run up to the codes, each kept in its folder and gone on from."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeVar

from fewbits.backbones import Backbone, Classifier
from fewbits.data.cub import BirdSet, Photos
from fewbits.data.pictures import with_pixels
from fewbits.errors import FewbitsError
from fewbits.features import PLAIN, RECOLOURED, FeatureCache, PhotoPictures, Pictures, View
from fewbits.protoquant import pipeline
from fewbits.protoquant.aligned import AlignedVocabulary, AlignSettings, learn_aligned
from fewbits.protoquant.checking import check_classes
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.head import Linear
from fewbits.protoquant.learning import Epoch, ReadMaps, learn_codes
from fewbits.protoquant.measuring import Block, Seen
from fewbits.protoquant.run_settings import PAPER, Settings
from fewbits.protoquant.shelves import Shelf
from fewbits.protoquant.storing import load_aligned, save_aligned
from fewbits.protoquant.truth import truth_of
from fewbits.training import (
    ALONE,
    OnStage,
    Processes,
    accuracy,
    pick_device,
    stage,
    weights_in,
)

Kept = TypeVar("Kept", Codebook, Linear, AlignedVocabulary)
BACKBONE = "backbone.pt"


@dataclass(frozen=True)
class Stages:
    """One run's data, backbone and folder, and the processes that share its work."""

    settings: Settings
    known: BirdSet
    backbone: Backbone
    out: Path
    on_stage: OnStage | None
    workers: int
    on_note: Callable[[str], None]
    skip_broken: bool = False
    many: Processes = ALONE

    def frozen(self) -> tuple[Backbone, float | None]:
        """The backbone, trained first if that was asked for, then frozen; its accuracy if so."""
        backbone, found = self.backbone.to(pick_device()), None
        if self.settings.tuned:
            with self.many.first():
                if self.many.main:
                    found = self._tune(backbone)
                else:  # the pixels are in memory once
                    classifier = Classifier(backbone, self.known.num_classes, self.settings.seed)
                    classifier.load_state_dict(weights_in(self.out / BACKBONE))
        return pipeline.freeze(self.settings.inner(backbone)), found

    def _tune(self, backbone: Backbone) -> float:
        """Train the backbone in place, on from its checkpoint if there is one; its accuracy."""
        used = replace(self.known, validation=self.known.validation.take([]))
        side = self.settings.shown_side
        pictures = with_pixels(used, side, self.workers, self.skip_broken)
        check_classes(self.known, "train", set(pictures.train.labels.tolist()))
        check_classes(self.known, "test", set(pictures.test.labels.tolist()))
        classifier = pipeline.train_backbone(
            backbone,
            pictures,
            self.settings.tuned,
            self.settings.seed,
            learning_rate=(
                pipeline.FROM_WEIGHTS if self.settings.weights else pipeline.FROM_NOTHING
            ),
            checkpoint=self.out / BACKBONE,
            on_step=stage("backbone", self.on_stage),
        )
        return accuracy(classifier.eval(), pictures.test)

    def look(self, backbone: Backbone, name: str) -> Seen:
        """The feature maps of one split, from disk if they are there.

        Raises:
            FewbitsError: as :func:`fewbits.protoquant.pipeline.look`, or a class has no picture.
        """
        photos: Photos = getattr(self.known, name)
        pictures = PhotoPictures(photos, self.settings.shown_side, self.workers)
        cache = self._cache(backbone, pictures, name, PLAIN)
        photos = photos.take(cache.kept.tolist())  # those that have a row in the cache
        check_classes(self.known, name, set(photos.labels.tolist()))
        pictures = PhotoPictures(photos, self.settings.shown_side, self.workers)
        truth = truth_of(self.known, photos, self.settings.shown_side)
        return Seen(pictures, cache, photos.labels, truth)

    def _cache(self, backbone: Backbone, pictures: Pictures, name: str, view: View) -> FeatureCache:
        def told(done: int, total: int) -> None:
            if self.on_stage is not None:
                self.on_stage(f"features of {name}", done, total, None)

        return pipeline.look(
            backbone,
            pictures,
            self.out / "features" / name,
            views=(view,),
            skip_broken=self.skip_broken,
            on_note=self.on_note,
            on_step=told,
            many=self.many,
        )

    def look_again(self, backbone: Backbone, train: Seen) -> FeatureCache:
        """The training pictures in other colours, the second view of the rival like PIP-Net.

        No mirror: where strides leave a cell's field beside its tile, as in most backbones, the
        cells of a mirrored picture show other places.

        Raises:
            FewbitsError: as :func:`fewbits.protoquant.pipeline.look`, or a picture that could be
                read before cannot be read now.
        """
        other = self._cache(backbone, train.pictures, "train-recoloured", RECOLOURED)
        if other.count != train.cache.count:
            raise FewbitsError(
                f"{train.cache.count - other.count} training pictures could be read once and not "
                "again: mend or delete them, delete features/ in --out and run again"
            )
        return other

    def aligned(self, train: Seen, other: FeatureCache) -> AlignedVocabulary:
        """The rival that PIP-Net's losses make of both views' maps."""
        device = pick_device()

        def there(cache: FeatureCache) -> ReadMaps:
            return lambda rows: cache.rows(rows).to(device)

        def told(epoch: int, epochs: int) -> None:
            if self.on_stage is not None:
                self.on_stage("aligned prototypes", epoch, epochs, None)

        def made() -> AlignedVocabulary:
            return learn_aligned(
                there(train.cache),
                there(other),
                train.cache.count,
                self.settings.codes,
                AlignSettings(),
                self.settings.seed,
                told,
            ).vocabulary

        return self.kept("aligned.pt", save_aligned, load_aligned, made, together=False)

    def learned(self, codebook: Codebook, train: Seen, probe: Linear) -> list[Block]:
        """Stage 1 in place, on from its checkpoint if there is one; what each epoch was like."""
        if not self.settings.learn:
            return []

        def told(number: int, epochs: int, found: Epoch) -> None:
            if self.on_stage is not None:
                self.on_stage("codes", number, epochs, found.task)

        device = pick_device()
        epochs = learn_codes(
            codebook.to(device),
            train.cache.rows,
            train.labels,
            probe.to(device),
            self.settings.learning(self.many.world),
            self.settings.seed,
            self.out / "codes.pt",
            told,
            self.many,
        )
        codebook.cpu()
        return [asdict(epoch) for epoch in epochs]

    @property
    def shelf(self) -> Shelf | None:
        """Where scores lie that many processes share, or that are too many for memory."""
        half = self.settings.scale == PAPER
        if self.many.world == 1 and not half:
            return None
        return Shelf(self.out / "scores", self.many, half)

    def kept(
        self,
        name: str,
        save: Callable[[Kept, Path], None],
        load: Callable[[Path], Kept],
        make: Callable[[], Kept],
        together: bool = True,
    ) -> Kept:
        """Something made once and kept in the run's folder.

        Made again on other threads its last bits would differ, and what was learned from it would
        not go on.

        Args:
            together: all processes make it, and may share the work; else the first one alone.
        """
        file = self.out / name
        if not self.many.agree(file.exists()):
            made = make() if together or self.many.main else None
            if made is not None and self.many.main:
                save(made, file)
            self.many.wait()
        return load(file)
