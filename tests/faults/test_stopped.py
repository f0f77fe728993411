"""A lab that is stopped or killed while phones follow leaves no process behind."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.web.processes.test_serve import one_stop_ends_every_process

pytestmark = pytest.mark.fault


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_whichever_signal_stops_the_lab_no_process_stays(tmp_path: Path, how: signal.Signals) -> None:
    one_stop_ends_every_process(tmp_path, how)
