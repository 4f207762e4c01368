"""Q-SENN: five features a class, each for or against it (arXiv 2312.13839)."""
