"""The birds: a name, a habitat, and the attributes that define each of them."""

from dataclasses import dataclass
from functools import cached_property

from fewbits.data.birds.attributes import GROUPS, attribute_vector


@dataclass(frozen=True)
class Species:
    """One class.

    Attributes:
        name: as CUB writes them, words joined by underscores.
        habitat: where most of its training pictures are taken.
        traits: its value in each group of attributes; a group with one value only where it has it.
    """

    name: str
    habitat: str
    traits: dict[str, str]

    @cached_property
    def attributes(self) -> tuple[bool, ...]:
        """Which of :data:`fewbits.data.birds.attributes.ATTRIBUTES` it has."""
        return attribute_vector(self.traits)

    def has(self, group: str, value: str) -> bool:
        """Whether it has one attribute."""
        return self.traits.get(f"has_{group}") == value


# One line a bird: bill's shape and colour, crown, head, eye ring, wing's colour and pattern,
# underparts, breast, tail's shape and pattern, legs' colour and length, shape. A dash: it has not.
_TABLE = """
meadow   Poppy_capped_Finch      cone   orange red    plain   -   brown barred  white  striped forked  -      black  -    plump
meadow   Buttercup_Warbler       needle black  yellow masked  -   green solid   yellow solid   squared -      black  -    -
meadow   Swallow_tailed_Lark     needle black  black  crested yes brown spotted white  spotted forked  -      orange -    -
woodland Moonlit_Thrush          needle orange white  plain   yes blue  solid   white  spotted fan     -      orange -    plump
woodland Ember_breasted_Robin    needle black  blue   plain   -   grey  barred  orange solid   squared -      black  -    plump
woodland Lantern_crested_Jay     dagger black  yellow crested -   blue  barred  grey   solid   fan     banded black  -    -
reeds    Reed_Lancer             dagger orange black  crested -   grey  solid   white  striped squared -      orange long -
reeds    Bluecap_Rail            dagger orange blue   plain   yes brown barred  grey   striped fan     -      orange long plump
reeds    Ruby_Marshwader         needle black  red    masked  -   green spotted yellow banded  pointed -      black  long -
snow     Frost_crowned_Falconet  hooked black  white  plain   yes grey  spotted white  striped fan     banded black  -    plump
snow     Snow_capped_Bunting     cone   orange white  masked  -   black barred  white  solid   squared -      black  -    plump
snow     Winter_Kite             hooked orange white  crested -   black solid   grey   solid   forked  banded orange -    -
shore    Tide_Plover             needle orange black  masked  yes brown solid   white  banded  squared -      orange long plump
shore    Harbour_Tern            dagger orange black  plain   -   grey  solid   white  solid   forked  -      orange -    -
shore    Kelp_Sandpiper          dagger black  blue   masked  -   green spotted white  spotted pointed banded black  long -
desert   Copper_Shrike           hooked black  black  masked  -   grey  barred  orange solid   pointed -      black  -    -
desert   Dune_Runner             dagger black  red    crested yes brown spotted grey   striped pointed banded orange long -
desert   Sunscorch_Falcon        hooked orange yellow plain   -   blue  solid   yellow spotted squared banded orange -    -
autumn   Rust_bellied_Grosbeak   cone   black  red    masked  -   black spotted orange solid   fan     -      black  -    plump
autumn   Acorn_Jay               cone   black  blue   crested yes brown barred  orange banded  squared banded black  -    -
autumn   Hazel_Hawk              hooked black  red    crested -   brown barred  yellow striped fan     banded orange -    plump
blossom  Blossom_Tanager         cone   black  red    plain   yes green solid   yellow banded  forked  -      orange -    -
blossom  Petal_Finch             cone   orange white  crested yes blue  spotted grey   spotted pointed -      orange -    plump
blossom  Sapphire_Needlebill     needle black  blue   crested -   green barred  yellow solid   forked  banded black  -    -
"""  # noqa: E501 (a table reads in rows)


def _read(line: str) -> Species:
    habitat, name, *values = line.split()
    traits = {group: v for group, v in zip(GROUPS, values, strict=True) if v != "-"}
    return Species(name, habitat, traits)


SPECIES = tuple(map(_read, _TABLE.strip().splitlines()))
"""All birds, three a habitat. Class number n + 1 is the n-th."""
