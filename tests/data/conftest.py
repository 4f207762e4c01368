from collections.abc import Iterator

import pytest
from toys import Mirror, serving, toy_archives


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    """A mirror with the toy set's four archives."""
    with serving({f"{name}.gz": data for name, data in toy_archives().items()}) as server:
        yield server
