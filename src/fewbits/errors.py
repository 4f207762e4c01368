"""The kinds of error a reader can meet, and how the command line ends on each."""


class FewbitsError(Exception):
    """Something outside the call went wrong: a file, a download, a disk. Exit code 1.

    The message is one line: what was expected, what came, what to do.
    """

    exit_code = 1


class UsageError(FewbitsError, ValueError):
    """The call itself is wrong: a setting out of range, an unknown name. Exit code 2."""

    exit_code = 2


class BrokenPictureError(FewbitsError):
    """What should be a picture is missing, does not decode, or holds what cannot be shown."""
