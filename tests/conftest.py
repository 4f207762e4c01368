"""Every annotation of the package is checked at run time, shapes of tensors included."""

import jaxtyping
from hypothesis import settings

jaxtyping.install_import_hook("fewbits", "beartype.beartype")

# On a busy machine a single example may take long; what hypothesis finds is the same.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

pytest_plugins = ["trained"]
