"""The same labels in the text and in the bibliography: authors and year, a letter where needed."""

from collections import Counter
from collections.abc import Iterable
from string import ascii_lowercase
from typing import Any

from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as Plain
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx


def author_year(entry: Entry) -> str:
    """``Choi et al., 2018``: one name or two are written out."""
    names = [" ".join(map(str, person.rich_last_names)) for person in entry.persons["author"]]
    who = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
    return f"{who}, {entry.fields['year']}"


class Labels(BaseLabelStyle):  # type: ignore[misc]
    """Authors and year, and a letter where two works would look the same."""

    def format_labels(self, sorted_entries: Iterable[Entry]) -> list[str]:
        """One label an entry, in the order of the bibliography."""
        plain = [author_year(entry) for entry in sorted_entries]
        often, seen, labels = Counter(plain), Counter[str](), []
        for label in plain:
            labels.append(label + (ascii_lowercase[seen[label]] if often[label] > 1 else ""))
            seen[label] += 1
        return labels


class AuthorYear(Plain):  # type: ignore[misc]
    """pybtex's plain style with these labels."""

    default_label_style = Labels


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the style under the name that the bibliography's page asks for."""
    register_plugin("pybtex.style.formatting", "author_year", AuthorYear)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
