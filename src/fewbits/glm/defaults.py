"""The two fits of Q-SENN (arXiv 2312.13839): which features to keep, and their sparse layer."""

LAMBDAS = 100  # of a path
SELECTION_ALPHA = 0.8
PATH_ALPHA = 0.99
PRECISION = 0.01  # a KKT residual as a share of lambda; a tenth of it changes no ternary code more
