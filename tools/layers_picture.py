"""Draw the layers of the package from the import contract in pyproject.toml.

`python tools/layers_picture.py` writes docs/layers.svg; `--check` fails when the file shows
anything but what the contract says. Modules beside each other do not import each other; what stands
above may import everything below.
"""

import argparse
import sys
import tomllib
from html import escape
from pathlib import Path

from fewbits.palette import DARK, LIGHT

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "layers.svg"

# One line each: what a newcomer finds there.
SAYS = {
    "cli": "fewbits run, data, doctor",
    "session": "a notebook's first cell",
    "exercises": "what checks an answer",
    "widgets": "live controls",
    "figures": "results as pictures",
    "saliency": "maps of what a network looks at",
    "metrics": "what a map is worth",
    "pact": "quantisers to packed network",
    "qsenn": "five features a class",
    "protoquant": "a codebook of parts",
    "features": "maps kept on disk",
    "backbones": "picture to feature maps",
    "training": "one plain loop",
    "data": "where images come from",
    "glm": "sparse linear layers",
    "ops": "pure tensor functions",
    "report": "what a run leaves behind",
    "errors": "one line, one exit code",
    "palette": "one colour a meaning",
}
WIDTH, ROW, GAP, TOP = 640, 52, 8, 60


def layers(root: Path = ROOT) -> list[list[str]]:
    """The contract's rows from top to bottom, each with the modules that stand in it."""
    settings = tomllib.loads((root / "pyproject.toml").read_text("utf8"))
    (contract,) = settings["tool"]["importlinter"]["contracts"]
    return [[name.strip(" ()") for name in row.split("|")] for row in contract["layers"]]


def box(name: str, x: float, y: float, width: float) -> str:
    """One module: its name and what is in it."""
    kind = ' class="method"' if name in ("pact", "qsenn", "protoquant") else ""
    middle = x + width / 2
    return (
        f'<rect{kind} x="{x:g}" y="{y:g}" width="{width:g}" height="{ROW - GAP:g}" rx="6"/>'
        f'<text class="name" x="{middle:g}" y="{y + 19:g}">{escape(name)}</text>'
        f'<text class="says" x="{middle:g}" y="{y + 35:g}">{escape(SAYS[name])}</text>'
    )


def draw(rows: list[list[str]]) -> str:
    """The picture as SVG text, light and dark in one file."""
    height = TOP + ROW * len(rows) + 4
    colours = "".join(
        f"{query} {{ text {{ fill: {theme['ink']} }} .says {{ fill: {theme['float']} }} "
        f"rect {{ fill: {theme['wash']}; stroke: {theme['faint']} }} "
        f".book, .method {{ stroke: {theme['pact']} }} }}"
        for query, theme in (
            ("@media all", LIGHT),
            ("@media (prefers-color-scheme: dark)", DARK),
        )
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'font-family="system-ui, sans-serif" text-anchor="middle">',
        "<title>The layers of fewbits: imports run downwards only</title>",
        f"<style>.name {{ font-size: 15px; font-weight: 600 }} .says {{ font-size: 12px }} "
        f"{colours}</style>",
        f'<rect class="book" x="4" y="4" width="{WIDTH - 8}" height="{ROW - GAP}" rx="6"/>'
        f'<text class="name" x="{WIDTH / 2:g}" y="23">book</text>'
        f'<text class="says" x="{WIDTH / 2:g}" y="39">chapters call, and define nothing</text>',
    ]
    for i, names in enumerate(rows):
        width = (WIDTH - 8 - GAP * (len(names) - 1)) / len(names)
        for j, name in enumerate(names):
            parts.append(box(name, 4 + j * (width + GAP), TOP + i * ROW, width))
    return "\n".join(parts) + "\n</svg>\n"


def main() -> int:
    """Command line: write, or with ``--check`` compare; exit code 1 when they differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only, change nothing")
    picture = draw(layers())
    if parser.parse_args().check:
        if TARGET.read_text("utf8") != picture:
            print(f"{TARGET.relative_to(ROOT)} is out of date; run `make layers`")
            return 1
        return 0
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(picture, "utf8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
