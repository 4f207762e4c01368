"""Codes that know nothing, or a place only: what any purity has to be held against."""

import torch

from fewbits.metrics.parts.boxes import Cells, Grid, check_cells


def random_cells(cells: Cells, grid: Grid, generator: torch.Generator) -> Cells:
    """Chance: for each picture and code any cell, with the same scores as the real ones."""
    check_cells(cells, grid)
    return _draw_cells(cells.shape, grid, generator).to(cells.device)


def fixed_cells(cells: Cells, grid: Grid, generator: torch.Generator) -> Cells:
    """Chance of a code that knows only a place: one cell, the same in all pictures."""
    check_cells(cells, grid)
    images, codes = cells.shape
    return _draw_cells((1, codes), grid, generator).to(cells.device).repeat(images, 1)


def _draw_cells(shape: tuple[int, ...], grid: Grid, generator: torch.Generator) -> Cells:
    return torch.randint(grid[0] * grid[1], shape, generator=generator, device=generator.device)
