"""``fewbits`` and ``python -m fewbits``: the command line, also interruptible while it loads."""

import sys


def main() -> None:
    """Load the command line and run it."""
    try:
        from fewbits import cli
    except KeyboardInterrupt:
        sys.exit("fewbits: interrupted")
    cli.main()


if __name__ == "__main__":
    main()
