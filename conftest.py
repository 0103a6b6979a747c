"""What holds for all tests: a page with a false statement on it is a failure, whichever test draws it."""

from __future__ import annotations

import os

os.environ.setdefault("BLOCKVIZ_STRICT", "1")
