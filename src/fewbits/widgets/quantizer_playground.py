"""QuantizerPlayground: a layer's values, a clip, a number of bits, and what each costs."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import traitlets
from numpy.typing import ArrayLike, NDArray

from fewbits.errors import UsageError
from fewbits.ops import check_bits
from fewbits.pact.weights import SAWB_COEFFICIENTS, sawb_clip
from fewbits.widgets.base import Given, Widget, encode
from fewbits.widgets.quantizer_still import quantizer_still

SCHEMES = ("pact", "signed", "sawb")
MOST_VALUES = 4096  # of one sample in the page: 22 KB, and a sweep over alpha in milliseconds


def check_values(values: ArrayLike | torch.Tensor, name: str) -> NDArray[np.float32]:
    """Return ``values`` as a sorted flat float32 array, or say what is wrong with them.

    Raises:
        UsageError: nothing in it, a NaN or an infinity in it, or nothing but zeros.
    """
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu().numpy()
    flat = np.sort(np.asarray(values, dtype=np.float32).ravel())
    if not flat.size:
        raise UsageError(f"sample {name!r} is empty: give it at least one value")
    if not np.isfinite(flat).all():
        bad = int((~np.isfinite(flat)).sum())
        raise UsageError(
            f"sample {name!r} must be finite, but {bad} of its {flat.size} values are NaN or "
            "infinite: find where they come from first"
        )
    if not flat.any():
        raise UsageError(f"sample {name!r} is all zeros: there is no range to choose")
    return flat


def thin(flat: NDArray[np.float32], most: int = MOST_VALUES) -> NDArray[np.float32]:
    """At most ``most`` of sorted values, evenly spaced by rank, so that means hardly change."""
    if flat.size <= most:
        return flat
    return flat[((np.arange(most) + 0.5) * (flat.size / most)).astype(np.int64)]


def describe(flat: NDArray[np.float32], top: float) -> dict[str, Any]:
    """One sample as the page reads it: thinned values, what they come from, SAWB's clips."""
    weights = torch.from_numpy(flat)
    return {
        "count": int(flat.size),
        "low": float(flat[0]),
        "high": float(flat[-1]),
        "top": top,
        "sawb": [float(sawb_clip(weights, bits)) for bits in sorted(SAWB_COEFFICIENTS)],
        "values": encode(thin(flat)),
    }


def encode_samples(
    samples: Mapping[str, NDArray[np.float32]], widget: "QuantizerPlayground"
) -> list[dict[str, Any]]:
    """The samples as a list, in the order they were given."""
    return [{"name": name, **describe(flat, widget.tops[name])} for name, flat in samples.items()]


class QuantizerPlayground(Widget):
    """What a clip and a number of bits do to real values: staircase, histogram, errors, gradients.

    In a chapter, one line::

        QuantizerPlayground(
            samples={"activations of conv2": activations, "weights of conv2": network.conv2.weight},
            alpha=4.0, bits=4, scheme="pact",
        )

    The reader then moves alpha and bits; in a notebook ``widget.alpha`` follows, and setting it
    from Python moves the control.

    Args:
        samples: name -> values, tensors or arrays of any shape. More than 4,096 values are thinned
            evenly by rank; the control says so, and its numbers are those of the thinned values.
        alpha: the clip to start from. 0 and less are allowed here: the control shows what breaks.
        bits: 1 to 8.
        scheme: ``pact`` (2^k levels from 0 to alpha), ``signed`` (2^k - 1 levels from -alpha to
            alpha, one of them 0) or ``sawb`` (2^k levels from -alpha to alpha, none of them 0).
        sample: the name to start with; default the first.
        gradients: whether the control shows what PACT's and LSQ's gradients do to alpha; False for
            pages that have not spoken of gradients yet.

    Raises:
        UsageError: no sample, an empty one, NaN in one, or a setting out of range.
    """

    scripts = (
        "quantizer_math.js",
        "quantizer_plots.js",
        "quantizer_table.js",
        "quantizer_playground.js",
    )

    samples = traitlets.Dict().tag(sync=True, to_json=encode_samples)
    sample = traitlets.Unicode().tag(sync=True)
    alpha = traitlets.Float().tag(sync=True)
    bits = Given().tag(sync=True)  # any, so that a wrong one meets check_bits, which says more
    scheme = traitlets.Unicode().tag(sync=True)
    gradients = traitlets.Bool(True).tag(sync=True)  # read once, when the control is drawn

    def __init__(
        self,
        samples: Mapping[str, ArrayLike | torch.Tensor],
        alpha: float | int | None = None,
        bits: int = 4,
        scheme: str = "pact",
        sample: str | None = None,
        gradients: bool = True,
    ) -> None:
        if not samples:
            raise UsageError(
                "QuantizerPlayground needs at least one sample: samples={name: values}"
            )
        checked = {str(name): check_values(values, str(name)) for name, values in samples.items()}
        first = next(iter(checked)) if sample is None else sample
        largest = {name: float(np.abs(flat).max()) for name, flat in checked.items()}
        if first not in checked:
            raise UsageError(f"sample must be one of {', '.join(checked)}, got {first!r}")
        alpha = largest[first] if alpha is None else float(alpha)
        # The slider reaches twice the largest value, or the given alpha if that lies further out.
        self.tops = {name: 2 * value for name, value in largest.items()}
        if math.isfinite(alpha):
            self.tops[first] = max(self.tops[first], alpha)
        super().__init__(
            samples=checked,
            sample=first,
            alpha=alpha,
            bits=bits,
            scheme=scheme,
            gradients=gradients,
        )

    @traitlets.validate("alpha")
    def _alpha_is_a_number(self, proposal: Any) -> float:
        if not math.isfinite(proposal["value"]):
            raise UsageError(f"alpha must be a finite number, got {proposal['value']}")
        return float(proposal["value"])

    @traitlets.validate("bits")
    def _bits_fit(self, proposal: Any) -> int:
        return check_bits(proposal["value"])

    @traitlets.validate("scheme")
    def _scheme_is_known(self, proposal: Any) -> str:
        if proposal["value"] not in SCHEMES:
            raise UsageError(
                f"scheme must be one of {', '.join(SCHEMES)}, got {proposal['value']!r}"
            )
        return str(proposal["value"])

    @traitlets.validate("sample")
    def _sample_is_there(self, proposal: Any) -> str:
        if proposal["value"] not in self.samples:
            raise UsageError(
                f"sample must be one of {', '.join(self.samples)}, got {proposal['value']!r}"
            )
        return str(proposal["value"])

    def still(self) -> str:
        """The histogram with the levels, and the error over alpha, at the present setting."""
        flat = self.samples[self.sample]
        return quantizer_still(flat, thin(flat), self.sample, self.alpha, self.bits, self.scheme)
