"""Live controls: in a notebook with Python behind them, in a rendered page by themselves."""

from fewbits.widgets.quantizer_playground import QuantizerPlayground

__all__ = ["QuantizerPlayground"]
