"""Which of the two ways of serving is measured: `--way serve` or `--way streamlit`."""

from __future__ import annotations

import argparse
import os
import sys

from tests.served import Way, chosen_way


def arguments() -> list[str]:
    """Parse the command line; `--way` applies to all servers started from now on."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--way", choices=list(Way), default=chosen_way(), help="How the lab is served.")
    given, rest = parser.parse_known_args(sys.argv[1:])
    os.environ["LAB_SERVED_BY"] = given.way
    print(f"Served by: {given.way}")
    return rest
