"""Starts the light process. The desk comes first: Streamlit imports while this process imports the lab."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from lab.foundation.beside import keep_private
from lab.web.processes.desk import StartedDesk


def main(arguments: Sequence[str]) -> None:
    """Serve the whole lab, or with `--rooms` phones, walls, results and public pages alone."""
    parser = argparse.ArgumentParser(prog="python -m lab serve")
    parser.add_argument("--rooms", action="store_true")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--address", default="")
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--key", type=Path)
    parser.add_argument("--store", type=Path)
    given = parser.parse_args(arguments)
    keep_private()
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    desk = None if given.rooms else StartedDesk.start()

    from lab.web.processes.children import DeskChild, StoreChild, StoreElsewhere
    from lab.web.processes.front import Front, Listening, run_front

    store = StoreElsewhere(given.store) if given.store else StoreChild()
    listening = Listening(given.port, given.address, given.certificate, given.key)
    run_front(Front(store, DeskChild(desk) if desk else None), listening, "rooms" if given.rooms else "")


if __name__ == "__main__":
    main(sys.argv[1:])
