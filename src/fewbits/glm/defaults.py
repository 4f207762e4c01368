"""The two fits of Q-SENN (arXiv 2312.13839): which features to keep, and their sparse layer."""

LAMBDAS = 100  # of a path
SELECTION_ALPHA, SELECTION_TOLERANCE = 0.8, 1e-3
PATH_ALPHA, PATH_TOLERANCE = 0.99, 1e-4
