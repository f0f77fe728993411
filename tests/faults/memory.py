"""How much memory a served lab holds."""

from __future__ import annotations

from pathlib import Path

from tests.served import Server


def memory_of(server: Server) -> list[float]:
    """MiB of each of its processes, in the order of their start; what several share is divided."""
    found = []
    for pid in server.processes:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        found.append(next(int(line.split()[1]) for line in told if line.startswith("Pss:")) / 1024)
    return found
