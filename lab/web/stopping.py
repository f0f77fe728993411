"""Whether the server is about to stop: it waits for every answer under way, so those that never end by
themselves have to."""

from __future__ import annotations

import signal
import threading
from types import FrameType

_stopping = threading.Event()


def is_stopping() -> bool:
    """Whether the server has been asked to stop."""
    return _stopping.is_set()


def notice_the_end() -> None:
    """From now on notice the signals that stop a server; whoever handled them before still does."""
    if threading.current_thread() is not threading.main_thread():
        return  # signals belong to the main thread; a server that runs elsewhere gets none
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)

        def handle(which: int, frame: FrameType | None, before: object = before) -> None:
            _stopping.set()
            if callable(before):
                before(which, frame)

        signal.signal(number, handle)
