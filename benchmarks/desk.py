"""Drives a facilitator's screen like a browser: over Streamlit's websocket, with its protobuf messages."""

from __future__ import annotations

import time

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

PATIENCE = 60.0
"""Seconds."""


class Desk:
    """One open screen of somebody who is signed in."""

    def __init__(self, port: int, session_token: str, page: str, **query: object) -> None:
        self._ask = BackMsg()
        self._ask.rerun_script.page_name = page
        self._ask.rerun_script.query_string = "&".join(f"{name}={value}" for name, value in query.items())
        self._line = connect(
            f"ws://127.0.0.1:{port}/_stcore/stream",
            additional_headers={"Cookie": f"lab_session={session_token}"},
            origin=Origin(f"http://127.0.0.1:{port}"),
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
            ping_interval=None,
        )

    def rerun(self, shows: str = "") -> float:
        """Milliseconds of a rerun, from the request to its end. Checks that the output contains certain
        words."""
        began, shown = time.perf_counter(), not shows
        self._line.send(self._ask.SerializeToString())
        while True:
            told = self._line.recv(timeout=PATIENCE)
            assert isinstance(told, bytes)
            shown = shown or shows.encode() in told
            message = ForwardMsg.FromString(told)
            if message.WhichOneof("type") == "script_finished":
                assert message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY, message
                assert shown, message
                return 1000 * (time.perf_counter() - began)

    def reruns(self, seconds: float) -> list[float]:
        """Milliseconds of each rerun, with short pauses in between."""
        until = time.perf_counter() + seconds
        took = []
        while time.perf_counter() < until:
            took.append(self.rerun())
            time.sleep(0.05)
        return took

    def close(self) -> None:
        """Leave."""
        self._line.close()
