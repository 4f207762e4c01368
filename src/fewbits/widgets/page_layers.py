"""The layers of a network as a page computes it: pixels, whole-number sums, scales and shifts."""

import base64
import zlib

from jaxtyping import Float
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.ops import pack, round_ste
from fewbits.pact.activations import PACT
from fewbits.pact.layers import QuantConv2d, QuantLinear
from fewbits.pact.packing import bits_per_weight

PIXEL_LEVELS = 255  # one byte a pixel, in every plan of bits
SAFE = bytes.maketrans(b"<>&", b".:/")
KNOWN = "Conv2d, Linear (quantised or float), BatchNorm2d, MaxPool2d, PACT, ReLU, "
KNOWN += "AdaptiveAvgPool2d(1) and Flatten"


def squeezed(raw: bytes) -> str:
    """Bytes as JSON carries them in the least room: deflated, five characters for four bytes.

    It is base 85 with other characters for the three that a script element cannot hold.
    """
    return base64.b85encode(zlib.compress(raw, 9)).translate(SAFE).decode("ascii")


class Pixels(nn.Module):
    """From pixels in [0, 1] to whole numbers 0..255; the gradient passes straight through."""

    def forward(self, x: Float[Tensor, "image 1 28 28"]) -> Float[Tensor, "image 1 28 28"]:
        """Pixels as bytes hold them, still as floating-point numbers."""
        return round_ste(x * PIXEL_LEVELS)


class Weights(nn.Module):
    """A convolution or a linear layer without its bias, its weights whole numbers if quantised."""

    def __init__(self, layer: nn.Conv2d | nn.Linear) -> None:
        super().__init__()
        self.padding = int(layer.padding[0]) if isinstance(layer, nn.Conv2d) else 0
        self.step = 1.0
        if isinstance(layer, QuantConv2d | QuantLinear):
            grid = layer.grid()
            integers, step = grid.integers()
            self.weight, self.step = integers.double(), step.item()
            doubled = 2 if grid.zero % 1 else 1
            bits = bits_per_weight(grid)
            packed = pack(grid.codes.flatten(), bits).numpy().tobytes()
            self.stored = {"bits": bits, "factor": doubled, "offset": round(doubled * grid.zero)}
        else:
            single = layer.weight.detach().float()  # as they travel
            self.weight = single.double()
            packed = single.numpy().astype("<f4").tobytes()
            self.stored = {"bits": 32}
        self.data = squeezed(packed)

    def forward(self, x: Float[Tensor, "image *rest"]) -> Float[Tensor, "image *out"]:
        """The weighted sums of each position."""
        if self.weight.ndim == 4:
            return nn.functional.conv2d(x, self.weight, padding=self.padding)
        return nn.functional.linear(x, self.weight)


class Affine(nn.Module):
    """Each channel's values times its scale plus its shift; one of each serves all channels."""

    def __init__(self, scale: Float[Tensor, " channel"], shift: Float[Tensor, " channel"]) -> None:
        super().__init__()
        self.scale, self.shift = scale, shift

    def forward(self, x: Float[Tensor, "image channel *space"]) -> Tensor:
        """Multiply, then add: two roundings, as in the page."""
        shape = (-1, *(1,) * (x.ndim - 2))
        return x * self.scale.view(shape) + self.shift.view(shape)


def check_layer(layer: nn.Module, where: str) -> None:
    """Say why a page cannot compute ``layer``, if it cannot.

    Raises:
        UsageError: a kind or a setting of a layer that the page does not know.
    """
    match layer:
        case nn.Conv2d():
            size, pad = layer.kernel_size, layer.padding
            plain = layer.stride == layer.dilation == (1, 1) and layer.groups == 1
            square = size[0] == size[1] and pad in [(p, p) for p in range(size[0])]
            known = plain and square and layer.padding_mode == "zeros"
            wanted = "a square kernel, stride 1, no groups, zeros as padding, fewer than the kernel"
        case nn.MaxPool2d():
            known = isinstance(layer.kernel_size, int) and layer.stride == layer.kernel_size
            known &= layer.padding == 0 and layer.dilation == 1 and not layer.ceil_mode
            wanted = "square windows side by side: MaxPool2d(2)"
        case nn.AdaptiveAvgPool2d():
            known, wanted = layer.output_size in (1, (1, 1)), "AdaptiveAvgPool2d(1)"
        case nn.Flatten():
            known, wanted = (layer.start_dim, layer.end_dim) == (1, -1), "Flatten()"
        case nn.BatchNorm2d():
            known, wanted = layer.running_mean is not None, "running statistics"
        case nn.Linear() | PACT() | nn.ReLU():
            known = True
        case _:
            known, wanted = False, f"one of {KNOWN}"
    if not known:
        raise UsageError(f"{where} is {layer}: a page can compute it with {wanted}")
    if any(not t.isfinite().all() for t in layer.state_dict().values()):
        raise UsageError(f"{where} holds NaN or infinity: train the network again, or load it anew")
