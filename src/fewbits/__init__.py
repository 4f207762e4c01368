"""Few Bits, Clear Reasons: quantised vision networks a person can read."""

__version__ = "0.1.0"
