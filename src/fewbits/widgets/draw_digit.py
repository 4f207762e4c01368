"""DrawDigit: draw, and a quantised network in the page says what it reads, and from what."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
import traitlets
from jaxtyping import Float
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.widgets.base import LIMIT_BYTES, Widget, source, state_json
from fewbits.widgets.draw_digit_images import (
    SIDE,
    check_images,
    encode_drawings,
    image_from_text,
    image_to_text,
)
from fewbits.widgets.draw_digit_still import digit_still
from fewbits.widgets.page_network import describe, exact_twin

OTHER_BYTES = 15_000  # of a page: drawings, still figure, page.js and markup


def encode_networks(networks: Mapping[str, nn.Sequential], widget: Any) -> list[dict[str, Any]]:
    """The networks as a list, in the order they were given."""
    return [{"name": name, "layers": describe(twin)} for name, twin in networks.items()]


class DrawDigit(Widget):
    """Draw a digit; quantised networks in the page read it, and show what their answer hangs on.

    In a chapter, one line::

        DrawDigit({"8": eight, "4": four, "2": two}, digits.class_names, images=test[:8])

    The page draws the 28 x 28 image that the network sees, all logits with their probabilities,
    and the gradient of one logit with respect to the image. In a notebook ``widget.image`` follows
    at the end of every stroke, and setting it from Python puts an image on the pad.

    Args:
        networks: label -> network, as :func:`fewbits.pact.convert.quantize_network` and fine-tuning
            make them; labels are usually the bits, "8". They are copied as they are now.
        class_names: one name for each logit.
        images: ready-made drawings, image x 1 x 28 x 28 pixels in [0, 1]; the first is shown first.
        bits: the label to start with; default the first.

    Raises:
        UsageError: no network, a layer that the page cannot compute, networks too large for a page,
            wrong images or names, an unknown label.
    """

    scripts = (
        "network_numbers.js",
        "network_convolve.js",
        "network.js",
        "draw_digit_ink.js",
        "draw_digit_views.js",
        "draw_digit_pad.js",
        "draw_digit_parts.js",
        "draw_digit.js",
    )

    networks = traitlets.Dict().tag(sync=True, to_json=encode_networks)
    class_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    drawings = traitlets.Any().tag(sync=True, to_json=encode_drawings)
    image = traitlets.Any().tag(sync=True, to_json=image_to_text, from_json=image_from_text)
    bits = traitlets.Unicode().tag(sync=True)
    target = traitlets.Unicode("").tag(sync=True)  # a class; empty: the predicted one
    centre = traitlets.Bool(True).tag(sync=True)  # put strokes where MNIST has its digits

    def __init__(
        self,
        networks: Mapping[str, nn.Module],
        class_names: Iterable[str],
        images: Tensor | None = None,
        bits: str | None = None,
    ) -> None:
        if not networks:
            raise UsageError("DrawDigit needs at least one network: networks={'8': network}")
        names = [str(name) for name in class_names]
        if len(set(names)) < len(names) or "" in names:
            raise UsageError(f"class_names must be different and not empty, got {names}")
        twins = {str(k): exact_twin(network, str(k)) for k, network in networks.items()}
        blank = torch.zeros(1, SIDE, SIDE, dtype=torch.float64)
        for label, twin in twins.items():
            check_outputs(twin, label, len(names), blank)
        drawings = check_images(blank[:0, None] if images is None else images, "images", 4)
        super().__init__(
            networks=twins,
            class_names=names,
            drawings=drawings,
            image=drawings[0] if len(drawings) else blank,
            bits=next(iter(twins)) if bits is None else bits,
        )
        self._check_size()

    def _check_size(self) -> None:
        sizes = {e["name"]: len(state_json(e)) for e in encode_networks(self.networks, self)}
        room = LIMIT_BYTES - OTHER_BYTES - len(self._esm) - len(self._css)
        if sum(sizes.values()) > room:
            each = ", ".join(f"{name!r} {size / 1000:.0f} KB" for name, size in sizes.items())
            raise UsageError(
                f"the networks take more than the {room / 1000:.0f} KB that a page has for them "
                f"({each}): give it fewer networks, fewer bits, or the compact network"
            )

    def logits(self, image: Tensor, name: str) -> Float[Tensor, " class"]:
        """What the network called ``name`` gives for an image, as the page shows it.

        Computed in double precision, with pixels rounded to bytes.

        Args:
            image: 1 x 28 x 28 pixels in [0, 1].
            name: the network's label.

        Raises:
            UsageError: an unknown name, or a wrong image.
        """
        with torch.no_grad():
            return self._twin(name)(check_images(image, "image", 3)[None])[0]

    def gradient(
        self, image: Tensor, name: str, target: str | None = None
    ) -> Float[Tensor, "28 28"]:
        """How one logit changes with each pixel, roundings passed straight through.

        Of equal values in a max-pooling window the first gets the gradient. The network itself,
        run in floating point, has rounding errors in its sums and takes one of them by accident.

        Args:
            image: 1 x 28 x 28 pixels in [0, 1].
            name: the network's label.
            target: the logit's class; default the one with the largest logit.

        Raises:
            UsageError: an unknown name or class, or a wrong image.
        """
        pixels = check_images(image, "image", 3)[None].requires_grad_()
        logits = self._twin(name)(pixels)[0]
        if target is not None and target not in self.class_names:
            raise UsageError(f"target must be one of {self._classes()}, got {target!r}")
        of = int(logits.argmax()) if target is None else self.class_names.index(target)
        (gradient,) = torch.autograd.grad(logits[of], pixels)
        return gradient[0, 0]

    def _twin(self, name: str) -> nn.Sequential:
        if name not in self.networks:
            raise UsageError(f"network must be one of {', '.join(self.networks)}, got {name!r}")
        return self.networks[name]

    def _classes(self) -> str:
        return ", ".join(self.class_names)

    @traitlets.validate("bits")
    def _bits_are_there(self, proposal: Any) -> str:
        if proposal["value"] not in self.networks:
            raise UsageError(
                f"bits must be one of {', '.join(self.networks)}, got {proposal['value']!r}"
            )
        return str(proposal["value"])

    @traitlets.validate("target")
    def _target_is_there(self, proposal: Any) -> str:
        if proposal["value"] not in ("", *self.class_names):
            raise UsageError(
                f"target must be one of {self._classes()}, or empty for the predicted class, "
                f"got {proposal['value']!r}"
            )
        return str(proposal["value"])

    @traitlets.validate("image")
    def _image_is_sound(self, proposal: Any) -> Tensor:
        return check_images(proposal["value"], "image", 3)

    def still(self) -> str:
        """The image, the gradient and the logits at the present setting."""
        gradient = self.gradient(self.image, self.bits, self.target or None)
        logits = self.logits(self.image, self.bits)
        return digit_still(self.image[0], gradient, logits, self.class_names, self.bits)


def lean(module: str) -> str:
    """JavaScript without indentation and lines of comment: room for weights."""
    lines = (line.strip() for line in module.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


DrawDigit._esm = lean(DrawDigit._esm)
DrawDigit._css += source("draw_digit.css")  # loaded here: other controls need none of it


def check_outputs(twin: nn.Sequential, label: str, classes: int, blank: Tensor) -> None:
    """Say so if a network cannot read a 28 x 28 image, or gives another number of logits.

    Raises:
        UsageError: as said.
    """
    try:
        shape = list(twin(blank[None]).shape)
    except RuntimeError as error:
        said = " ".join(str(error).split())
        raise UsageError(
            f"network {label!r} cannot read images of the shape [image, 1, 28, 28]: {said}"
        ) from error
    if shape != [1, classes]:
        raise UsageError(
            f"network {label!r} gives {shape} for one image and there are {classes} class_names: "
            "one name for each logit is needed"
        )
