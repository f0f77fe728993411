"""What lies between a browser and a server, for tests of lost connections."""

from __future__ import annotations

import asyncio
import threading
import time


class Cable:
    """A port that leads to another one; it can be cut and mended."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._is_cut = False
        self._lines: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._carry, "127.0.0.1", 0), self._loop
        ).result()
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        self._lines |= {writer, back}
        await asyncio.gather(_pass(reader, back), _pass(there, writer))
        self._lines -= {writer, back}

    def cut(self) -> None:
        self._is_cut = True
        self._loop.call_soon_threadsafe(lambda: [each.transport.abort() for each in self._lines])

    def mend(self) -> None:
        self._is_cut = False

    def remove(self) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._server.close)
        time.sleep(0.1)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.transport.abort()
