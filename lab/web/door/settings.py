"""The network settings in force, at hand for every request without asking the database each time."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from lab.access.network import NetworkSettings
from lab.access.queries import network_settings as read_settings
from lab.access.queries import outside_settings
from lab.foundation.place import lab_database

KEPT: Final = 2.0
"""Seconds after which settings are read again."""

_log = logging.getLogger("followthrough")


class KeptSettings:
    """The settings of one database, read again in the background; the last ones while it can't be read."""

    def __init__(self) -> None:
        self._database: str | None = None
        self._settings = NetworkSettings()
        self._read_at = float("-inf")
        self._reading = threading.Lock()

    def __call__(self) -> NetworkSettings:
        """The settings."""
        database = os.environ.get("DATABASE_URL", "")
        if database != self._database:
            self._database, self._settings = database, outside_settings(NetworkSettings())
            self._read()
        elif time.monotonic() - self._read_at > KEPT and self._reading.acquire(blocking=False):
            self._read_at = time.monotonic()
            try:
                asyncio.get_running_loop().run_in_executor(None, self._read_and_release)
            except RuntimeError:  # a thread without an event loop may wait
                self._read_and_release()
        return self._settings

    def forget(self) -> None:
        """Read them anew for the next request."""
        self._database = None

    def _read_and_release(self) -> None:
        try:
            self._read()
        finally:
            self._reading.release()

    def _read(self) -> None:
        self._read_at = time.monotonic()
        try:
            with lab_database().reading() as session:
                self._settings = read_settings(session)
        except SQLAlchemyError as error:
            _log.warning("The network settings could not be read, the last ones stay: %s", error)


network_settings: Final = KeptSettings()
