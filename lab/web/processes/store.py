"""The ballots' store started alone, behind a Unix socket (`python -m lab serve store`)."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from lab.voting.intake.store_process import listen
from lab.web.processes.startup import open_for_serving

if __name__ == "__main__":
    with open_for_serving("store"), suppress(KeyboardInterrupt):
        listen(Path(sys.argv[1]))
