"""Looks at the packages that the lab runs on: `python -m tests.audit`, which `make audit` runs.

What is installed must be what requirements.lock names, file by file as its wheel recorded it; and where its
database can be reached, pip-audit must know of no vulnerability. With `--offline` it is not asked.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

from packaging.markers import Marker

ROOT: Final = Path(__file__).resolve().parents[1]
LOCK: Final = ROOT / "requirements.lock"
WANTED: Final = ROOT / "requirements.txt"
DATABASE: Final = "https://pypi.org/pypi/{}/{}/json"
"""pip-audit asks here for what is known of a package and version; a mirror of the registry may lack it."""
_PINNED: Final = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;\s*([^\\]+?))?\s*\\?$")
_HASH: Final = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def canonical(name: str) -> str:
    """A package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: str) -> Iterator[tuple[str, str, int]]:
    """Name, version and number of hashes of every package that the lock names for this system."""
    for block in re.split(r"\n(?=[A-Za-z0-9])", lock):
        line = block.splitlines()[0]
        if found := _PINNED.match(line):
            name, version, marker = found.groups()
            if marker is None or Marker(marker).evaluate():
                yield canonical(name), version, len(_HASH.findall(block))


def differences(lock: str) -> Iterator[str]:
    """Where what is installed is not what the lock names."""
    for name, version, hashes in locked(lock):
        if not hashes:
            yield f"{name}: the lock has no hash"
        try:
            installed = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            yield f"{name}: not installed, the lock names {version}"
            continue
        if installed.version != version:
            yield f"{name}: {installed.version} is installed, the lock names {version}"
        yield from altered(installed)


def altered(installed: metadata.Distribution) -> Iterator[str]:
    """Files of a package that are not as its wheel recorded them."""
    for file in installed.files or ():
        if file.hash is None or file.hash.mode != "sha256":
            continue
        path = Path(str(file.locate()))
        if not path.is_file():
            yield f"{installed.name}: {file} is missing"
        elif _digest(path) != file.hash.value:
            yield f"{installed.name}: {file} was changed after it was installed"


def _digest(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def unlocked(lock: str, wanted: str) -> list[str]:
    """Packages that requirements.txt asks for and the lock does not name."""
    named = {canonical(found[1]) for found in re.finditer(r"(?m)^([A-Za-z0-9._-]+)==", lock)}
    asked = {canonical(found[0]) for found in re.findall(r"(?m)^([A-Za-z0-9._-]+)(\[|~=|==|>=|;|$)", wanted)}
    return sorted(asked - named)


def vulnerabilities(name: str, version: str) -> int:
    """The answer of pip-audit; says so where its database does not answer, or not about this package."""
    address = DATABASE.format(name, version)
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            answer.read(1)
    except OSError as trouble:
        print(f"*** NOT ASKED for known vulnerabilities: {address} cannot be read ({trouble}).")
        return 0
    with tempfile.TemporaryDirectory() as place:
        apart = Path(place) / "venv"
        subprocess.run([sys.executable, "-m", "venv", apart], check=True)
        python = apart / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", "pip-audit~=2.10"], check=True)
        asked = [python, "-m", "pip_audit", "--strict", "--require-hashes", "--disable-pip", "-r", LOCK]
        return subprocess.run(asked, check=False).returncode


def main(arguments: Sequence[str]) -> int:
    """Print what is wrong; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.audit")
    parser.add_argument("--offline", action="store_true", help="Ask nobody for known vulnerabilities.")
    is_offline = parser.parse_args(arguments).offline
    lock = LOCK.read_text(encoding="utf-8")
    found = [
        *(f"{name}: not in requirements.lock" for name in unlocked(lock, WANTED.read_text(encoding="utf-8"))),
        *differences(lock),
    ]
    if found:
        print("\n".join(found))
        print("Run `make lock` if requirements.txt was changed on purpose, or install what the lock names.")
        return 1
    print(f"{sum(1 for _ in locked(lock))} packages are installed as requirements.lock names them.")
    if is_offline:
        return 0
    name, version, _ = next(locked(lock))
    return vulnerabilities(name, version)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
