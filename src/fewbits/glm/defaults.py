"""The two fits of Q-SENN (arXiv 2312.13839): which features to keep, and their sparse layer."""

LAMBDAS = 100  # of a path
SELECTION_ALPHA = 0.8
PATH_ALPHA = 0.99
PRECISION = 0.01  # KKT residual over lambda: noise of 1e-6 then changed none of 500 codes on CUB
