"""AlphaReplay: a training to scrub through, and what every clip did in it."""

from collections.abc import Mapping
from typing import Any

import traitlets

from fewbits.errors import UsageError
from fewbits.pact.replay import Frame, Replay
from fewbits.widgets.alpha_replay_state import encode_replays
from fewbits.widgets.alpha_replay_still import replay_still
from fewbits.widgets.base import Given, Widget, source


class AlphaReplay(Widget):
    """Where each alpha went while a network was trained, and what entered its layer meanwhile.

    In a chapter, one line::

        AlphaReplay({"starts at 10": stuck.replay(), "fitted start": free.replay()}, layer="act2")

    The reader then moves through the training, chooses a layer and a replay; in a notebook
    ``widget.frame``, ``widget.layer`` and ``widget.replay`` follow, and setting them from Python
    moves the control.

    Args:
        replays: name -> what :class:`fewbits.pact.replay.Recorder` recorded; or one replay alone.
        replay: the name to start with; default the first.
        layer: the activation layer to start with; default the first.
        frame: which frame to start with, 0 the one before training.

    Raises:
        UsageError: no replay, one without frames, or a name or frame that is not there.
    """

    scripts = (
        "alpha_replay_bars.js",
        "alpha_replay_plots.js",
        "alpha_replay_table.js",
        "alpha_replay.js",
    )

    replays = traitlets.Dict().tag(sync=True, to_json=encode_replays)
    replay = traitlets.Unicode().tag(sync=True)
    layer = traitlets.Unicode().tag(sync=True)
    frame = Given().tag(sync=True)  # any, so that a wrong one meets a check that says more

    def __init__(
        self,
        replays: Mapping[str, Replay] | Replay,
        replay: str | None = None,
        layer: str | None = None,
        frame: int = 0,
    ) -> None:
        named = {"training": replays} if isinstance(replays, Replay) else dict(replays)
        if not named:
            raise UsageError("AlphaReplay needs at least one replay: replays={name: replay}")
        for name, each in named.items():
            if not each.frames:
                raise UsageError(f"replay {name!r} has no frames: record at least one")
        first = next(iter(named)) if replay is None else replay
        _check_name("replay", first, named)
        chosen = next(iter(named[first].layers)) if layer is None else layer
        super().__init__(replays=named, replay=first, layer=chosen, frame=frame)

    def numbers(self) -> dict[str, int | float | None]:
        """What the control shows for the present replay, layer and frame.

        Shares and accuracy are fractions; ``training_loss`` is None before the first whole epoch.
        """
        now = self._now()
        layer = now.layers[self.layer]
        return {
            "step": now.step,
            "alpha": layer.alpha,
            "clipped": layer.clipped,
            "zero": layer.zero,
            "levels": layer.used,
            "accuracy": now.accuracy,
            "loss": now.loss,
            "training_loss": now.training_loss,
        }

    def _now(self) -> Frame:
        frames: tuple[Frame, ...] = self.replays[self.replay].frames
        return frames[self.frame]

    @traitlets.validate("replay")
    def _replay_is_there(self, proposal: Any) -> str:
        return _check_name("replay", proposal["value"], self.replays)

    @traitlets.validate("layer")
    def _layer_is_there(self, proposal: Any) -> str:
        return _check_name("layer", proposal["value"], self.replays[self.replay].layers)

    @traitlets.validate("frame")
    def _frame_is_there(self, proposal: Any) -> int:
        count, frame = len(self.replays[self.replay].frames), proposal["value"]
        if isinstance(frame, bool) or not isinstance(frame, int) or not 0 <= frame < count:
            raise UsageError(
                f"frame must be a whole number from 0 to {count - 1} (replay {self.replay!r} has "
                f"{count}), got {frame!r}"
            )
        return frame

    @traitlets.observe("replay")
    def _stay_inside(self, change: Any) -> None:
        """Another replay may have other layers and fewer frames."""
        chosen = self.replays[change["new"]]
        if self.layer and self.layer not in chosen.layers:
            self.layer = next(iter(chosen.layers))
        if self.frame is not None and self.frame >= len(chosen.frames):
            self.frame = len(chosen.frames) - 1

    def html(self) -> str:
        """This control as a piece of a page.

        Raises:
            UsageError: the replays are larger than a page can carry.
        """
        try:
            return super().html()
        except UsageError as error:
            raise UsageError(
                f"{str(error).split(':')[0]}: record fewer frames (a larger `every`)"
            ) from error

    def still(self) -> str:
        """What enters the layer now, and its alpha over the steps in every replay."""
        return replay_still(self.replays, self.replay, self.layer, self.frame)


def _check_name(what: str, name: str, known: Mapping[str, object]) -> str:
    if name not in known:
        raise UsageError(f"{what} must be one of {', '.join(known)}, got {name!r}")
    return name


AlphaReplay._css += source("alpha_replay.css")
