"""What a saliency experiment found: the types behind a report's metrics."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fewbits.errors import FewbitsError
from fewbits.metrics import Interval
from fewbits.report import Report
from fewbits.saliency.models import MODELS

DIGITS = 6

# By method, then by measure: ``cells["gradient"]["clarity.gini"]``.
Cells = Mapping[str, Mapping[str, Interval]]


@dataclass(frozen=True)
class Flipped:
    """Agreement where two networks name different classes, and on how many images, all seeds."""

    images: int
    agreement: Cells


@dataclass(frozen=True)
class NoiseFloor:
    """What agreement is worth when nothing was rounded.

    Attributes:
        seeds: by model, its agreement with the same model from another seed.
        trained_on: the float network's with the copy of it that was trained on.
    """

    seeds: Mapping[str, Cells]
    trained_on: Cells


@dataclass(frozen=True)
class Findings:
    """Means with 95 % intervals over seeds and images.

    Attributes:
        images: how many were explained.
        accuracy: by model, on these images.
        models: by model, faithfulness (and its gain over random pixels), clarity, localisation.
        pairs: by "model | the model it started from", agreement, where both are right.
        flipped: by the same names, where they differ.
        noise_floor: what to read agreement beside.
        differences: by "model | other model", paired image by image: the first minus the second.
    """

    images: int
    accuracy: Mapping[str, Interval]
    models: Mapping[str, Cells]
    pairs: Mapping[str, Cells]
    flipped: Mapping[str, Flipped]
    noise_floor: NoiseFloor
    differences: Mapping[str, Cells]

    @classmethod
    def of(cls, report: Report) -> "Findings":
        """Read a report.

        Raises:
            FewbitsError: it is not a saliency experiment's, or an older version's.
        """
        found: Any = report.metrics
        try:
            return cls(
                images=found["images"],
                accuracy={name: Interval(**cell) for name, cell in found["accuracy"].items()},
                models=_tables(found["models"]),
                pairs=_tables(found["pairs"]),
                flipped={
                    name: Flipped(row["images"], _cells(row["agreement"]))
                    for name, row in found["flipped"].items()
                },
                noise_floor=NoiseFloor(
                    _tables(found["noise_floor"]["seeds"]),
                    _cells(found["noise_floor"]["trained_on"]),
                ),
                differences=_tables(found["differences"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise FewbitsError(
                f"this {report.method} report of {report.dataset} holds no findings of a saliency "
                f"experiment ({type(error).__name__}: {error}): make it anew with "
                "`fewbits run saliency`"
            ) from error

    def to_metrics(self) -> dict[str, object]:
        """As a report keeps it: no digits that no interval supports."""
        return {name: _rounded(value) for name, value in asdict(self).items()}

    def agreement(self, model: str) -> Cells:
        """How like the maps of the network it started from; empty for one that started anew."""
        return self.pairs.get(f"{model} | {MODELS[model].start}", {})


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DIGITS)
    return {k: _rounded(v) for k, v in value.items()} if isinstance(value, dict) else value


def _cells(found: Mapping[str, Any]) -> Cells:
    return {
        method: {measure: Interval(**cell) for measure, cell in row.items()}
        for method, row in found.items()
    }


def _tables(found: Mapping[str, Any]) -> dict[str, Cells]:
    return {name: _cells(rows) for name, rows in found.items()}
