"""The multinomial elastic net solved slowly: by a general optimiser, and by many tiny steps."""

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor


def objective(
    z: Tensor,
    labels: Tensor,
    weights: Tensor,
    bias: Tensor,
    strength: float,
    alpha: float,
    grouped: bool = False,
) -> Tensor:
    """Cross-entropy and penalty, term by term, in double precision."""
    z, weights, bias = z.double(), weights.double(), bias.double()
    loss = torch.nn.functional.cross_entropy(z @ weights.T + bias, labels)
    if grouped:
        sparse = sum(weights[:, j].pow(2).sum().sqrt() for j in range(weights.shape[1]))
    else:
        sparse = weights.abs().sum()
    return loss + strength * (alpha * sparse + (1 - alpha) / 2 * weights.pow(2).sum())


def optimum(z: Tensor, labels: Tensor, classes: int, strength: float, alpha: float) -> float:
    """The best objective: each weight as a difference of two that are not below 0, by L-BFGS-B."""
    count = classes * z.shape[1]

    def value_and_slope(flat: np.ndarray) -> tuple[float, np.ndarray]:
        parts = torch.tensor(flat, requires_grad=True)
        up, down, bias = parts[:count], parts[count : 2 * count], parts[2 * count :]
        weights = (up - down).view(classes, -1)
        loss = torch.nn.functional.cross_entropy(z.double() @ weights.T + bias, labels)
        ridge = (1 - alpha) / 2 * weights.pow(2).sum()
        value = loss + strength * (alpha * (up.sum() + down.sum()) + ridge)
        value.backward()
        return value.item(), parts.grad.numpy()

    bounds = [(0, None)] * (2 * count) + [(None, None)] * classes
    options = {"maxiter": 20_000, "maxfun": 40_000, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 30}
    start = np.zeros(2 * count + classes)
    found = minimize(
        value_and_slope, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options
    )
    return float(found.fun)


def grouped_optimum(
    z: Tensor, labels: Tensor, classes: int, strength: float, alpha: float, steps: int = 20_000
) -> float:
    """The best grouped objective, by proximal gradient steps of the safe length."""
    z = z.double()
    weights = torch.zeros(classes, z.shape[1], dtype=torch.float64)
    bias = torch.zeros(classes, dtype=torch.float64)
    with_one = torch.cat([z, torch.ones(len(z), 1, dtype=torch.float64)], 1)
    length = 2 / torch.linalg.eigvalsh(with_one.T @ with_one / len(z))[-1].item()
    target = torch.nn.functional.one_hot(labels, classes).double()
    for _ in range(steps):
        off = ((z @ weights.T + bias).softmax(1) - target) / len(z)
        weights = weights - length * (off.T @ z)
        bias = bias - length * off.sum(0)
        for j in range(z.shape[1]):
            norm = weights[:, j].norm().item()
            keep = max(0.0, 1 - length * strength * alpha / norm) if norm else 0.0
            weights[:, j] *= keep / (1 + length * strength * (1 - alpha))
    return objective(z, labels, weights, bias, strength, alpha, grouped=True).item()
