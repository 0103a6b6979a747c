"""`python -m blockviz`: the command line."""

import sys

from blockviz.cli import main

sys.exit(main())
