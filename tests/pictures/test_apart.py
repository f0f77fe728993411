"""Uploads are re-encoded by a child process with little memory, time and knowledge, two at a time."""

from __future__ import annotations

import resource
import struct
import threading
import time
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from lab.foundation.errors import Invalid, TooMany
from lab.pictures import apart
from lab.pictures.apart import make_safe_apart
from lab.pictures.safe import make_safe


def written(image: Image.Image, form: str, **how: Any) -> bytes:
    target = BytesIO()
    image.save(target, form, **how)
    return target.getvalue()


def processor_time() -> float:
    """Of this process and its ended children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def test_a_child_makes_what_this_process_would_make() -> None:
    photo = written(Image.effect_noise((900, 700), 60).convert("RGB"), "JPEG")
    assert make_safe_apart(photo, filename="a.jpg") == make_safe(photo)


HUGE = {
    "a PNG of 40 megapixels": b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 6324, 6324),
    "a JPEG of 4,000 megapixels": b"\xff\xd8\xff\xc0" + struct.pack(">HBHH", 17, 8, 65000, 65000) + bytes(20),
    "a JPEG after many segments": b"\xff\xd8" + b"\xff\xe1\x00\x04ab" * 9 + b"\xff\xc2" + struct.pack(
        ">HBHH", 17, 8, 65000, 65000
    ) + bytes(20),
}  # fmt: skip
GARBAGE = {
    "zeros": bytes(9_000_000),
    "a JPEG that never begins": b"\xff\xd8\xff" + bytes(9_000_000),
    "a JPEG of markers alone": b"\xff\xd8" + b"\xff" * 9_000_000,
    "a WebP of no kind": b"RIFF" + bytes(4) + b"WEBP" + bytes(9_000_000),
    "too many bytes": b"\xff\xd8\xff" + bytes(11_000_000),
    "nothing": b"",
}
A_WEBP = "a WebP of 40 megapixels"


@pytest.mark.parametrize("kind", [A_WEBP, *HUGE, *GARBAGE])
def test_what_its_first_bytes_give_away_is_refused_at_once_and_never_decoded(kind: str) -> None:
    webp = written(Image.new("RGB", (6324, 6324), "red"), "WEBP", lossless=True) if kind == A_WEBP else b""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, processor_time()
    with pytest.raises(Invalid, match=r"pixels|damaged|not a JPEG|MB|empty"):
        make_safe_apart((HUGE | GARBAGE | {A_WEBP: webp})[kind])
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime == before
    assert processor_time() - began < 0.1


def test_the_largest_picture_that_is_decoded_whole_does_not_grow_this_process() -> None:
    content = written(Image.new("RGB", (4000, 4000), "red"), "WEBP", lossless=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert make_safe_apart(content).screen_width == 1600
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


@pytest.mark.slow
def test_a_large_photo_of_a_phone_fits_into_a_childs_memory() -> None:
    photo = Image.effect_noise((7300, 5470), 20).convert("RGB")
    assert make_safe_apart(written(photo, "JPEG", quality=30, progressive=True)).screen_width == 1600


def test_a_child_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "PATIENCE", 0.05)
    with pytest.raises(Invalid, match="more memory or time"):
        make_safe_apart(written(Image.new("RGB", (40, 30)), "PNG"))


def test_a_third_upload_waits_for_its_turn_and_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "TURN", 0.05)
    monkeypatch.setattr(apart, "_turns", threading.BoundedSemaphore(1))
    photo = written(Image.new("RGB", (40, 30)), "PNG")
    with apart._turns, pytest.raises(TooMany, match="again in a minute"):
        make_safe_apart(photo)
    began = time.monotonic()
    assert make_safe_apart(photo).screen_width == 40
    assert time.monotonic() - began < 60


def test_a_child_knows_neither_the_database_nor_any_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://lab:secret@db/lab")
    monkeypatch.setenv("LAB_BACKUP_KEY", "AGE-SECRET-KEY-1")
    assert set(apart._environment()) <= {"PATH", "SYSTEMROOT", "LANG"}
