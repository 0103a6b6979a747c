"""`python -m blockviz`, and the command `blockviz`."""

import os
import sys
from typing import NoReturn

from blockviz.cli import main


def run() -> NoReturn:
    """Run the command line and end the process at once: taking hundreds of modules down takes longer than a table."""
    try:
        status = main()
    except SystemExit as error:  # of argparse: help, version, wrong usage
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (BrokenPipeError, ValueError):  # the reader of our output has gone
        pass
    except OSError:  # as on a full disk
        status = status or 1
    os._exit(status)


if __name__ == "__main__":
    run()
