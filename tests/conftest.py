"""Every annotation of the package is checked at run time, shapes of tensors included."""

from collections.abc import Iterator

import jaxtyping
import pytest
from hypothesis import settings

jaxtyping.install_import_hook("fewbits", "beartype.beartype")

# On a busy machine a single example may take long; what hypothesis finds is the same.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

pytest_plugins = ["trained"]


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Without the tests' check of annotations: what a reader's wrong call meets."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
