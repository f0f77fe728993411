"""Which Chromium the journeys, the pictures and the measurements use."""

from __future__ import annotations

import shutil

NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
"""The quickest first: a whole Chromium draws, unseen, the buttons and menus around every page."""


def browser_path() -> str | None:
    """The program of the first of them that is installed, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


if __name__ == "__main__":
    print(browser_path() or "")
