"""`python -m blockviz`, and the command `blockviz`."""

import gc
import os
import sys
from typing import NoReturn


def run() -> NoReturn:
    """Run the command line and end the process at once: taking hundreds of modules down takes longer than a table."""
    status = 1
    gc.disable()  # the process is short and makes few cycles; looking for them costs a tenth of its time
    try:
        _occupy_closed_streams()
        from blockviz.cli import main  # here, so that Ctrl-C shows no traceback of what was being imported

        status = main()
    except KeyboardInterrupt:
        pass
    except SystemExit as error:  # of argparse: help, version, wrong usage
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (BrokenPipeError, ValueError):  # the reader of our output has gone
        pass
    except OSError:  # as on a full disk
        status = status or 1
    os._exit(status)


def _occupy_closed_streams() -> None:
    """Keep the numbers of closed standard streams from files of ours: what is said to them would end there."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


if __name__ == "__main__":
    run()
