"""The audit of packages sees what it should see."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from tests import audit


def test_every_package_that_the_lab_asks_for_is_locked_with_hashes() -> None:
    lock = audit.LOCK.read_text(encoding="utf-8")
    assert audit.unlocked(lock, audit.WANTED.read_text(encoding="utf-8")) == []
    assert all(hashes for _, _, hashes in audit.locked(lock))
    assert len(list(audit.locked(lock))) > 40


def test_another_version_and_a_missing_package_are_named() -> None:
    lock = "typer==0.0.1 \\\n    --hash=sha256:" + "0" * 64 + "\nnosuch==1.0\n"
    found = list(audit.differences(lock))
    assert found[0].startswith("typer: ")
    assert found[0].endswith("the lock names 0.0.1")
    assert found[1:] == ["nosuch: the lock has no hash", "nosuch: not installed, the lock names 1.0"]


def test_a_file_that_was_changed_after_it_was_installed_is_named(tmp_path: Path) -> None:
    place = tmp_path / "small-1.0.dist-info"
    place.mkdir()
    (tmp_path / "small.py").write_text("x = 1\n")
    (place / "METADATA").write_text("Name: small\nVersion: 1.0\n")
    (place / "RECORD").write_text(f"small.py,sha256={audit._digest(tmp_path / 'small.py')},6\n")
    assert list(audit.altered(metadata.PathDistribution(place))) == []
    (tmp_path / "small.py").write_text("x = 2\n")
    assert list(audit.altered(metadata.PathDistribution(place))) == [
        "small: small.py was changed after it was installed"
    ]


def test_a_package_that_nobody_locked_is_named() -> None:
    assert audit.unlocked("typer==1\n", "typer~=1\nnew-one~=2.0\n") == ["new-one"]


def test_a_database_that_cannot_be_reached_is_said_loudly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "DATABASE", "http://127.0.0.1:9/{}/{}")
    assert audit.vulnerabilities("typer", "1.0") == 0
    assert "*** NOT ASKED" in capsys.readouterr().out


def test_what_is_installed_is_compared_with_the_lock_without_asking_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lock, wanted = tmp_path / "requirements.lock", tmp_path / "requirements.txt"
    wanted.write_text("typer~=0.1\n")
    monkeypatch.setattr(audit, "LOCK", lock)
    monkeypatch.setattr(audit, "WANTED", wanted)
    monkeypatch.setattr(audit, "DATABASE", "http://127.0.0.1:9/{}/{}")
    for version, status in ((metadata.version("typer"), 0), ("0.0.1", 1)):
        lock.write_text(f"typer=={version} \\\n    --hash=sha256:{'0' * 64}\n")
        assert audit.main(["--offline"]) == status
    assert "NOT ASKED" not in capsys.readouterr().out
