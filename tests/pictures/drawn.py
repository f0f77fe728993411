"""Small pictures made for the tests, and how a refusal is caught."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageCms

from lab.foundation.errors import Invalid
from lab.pictures.safe import make_safe

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    target = BytesIO()
    image.save(target, format=kind, **options)
    return target.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content), formats=["WEBP"])
    image.load()
    return image


def corners() -> Image.Image:
    """60 by 40: red top left, green top right, blue bottom left, white bottom right."""
    image = Image.new("RGB", (60, 40), RED)
    image.paste(GREEN, (30, 0, 60, 20))
    image.paste(BLUE, (0, 20, 30, 40))
    image.paste(WHITE, (30, 20, 60, 40))
    return image


def near(pixel: Any, colour: tuple[int, ...], within: int = 12) -> bool:
    return len(pixel) == len(colour) and all(abs(a - b) <= within for a, b in zip(pixel, colour, strict=True))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, colour_type: int, rows: bytes, *extra: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            *extra,
            chunk(b"IDAT", zlib.compress(rows)),
            chunk(b"IEND", b""),
        )
    )


def refusal(content: Any, filename: str = "") -> Invalid:
    with pytest.raises(Invalid) as caught:
        make_safe(content, filename=filename)
    assert caught.value.field == "picture"
    return caught.value


def gamma_one_profile() -> bytes:
    """sRGB's primaries with linear light: its tone curves replaced by the identity (ICC.1:2010, 10.5)."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for number in range(struct.unpack_from(">I", profile, 128)[0]):
        signature, offset, _length = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        if signature in (b"rTRC", b"gTRC", b"bTRC"):
            profile[offset : offset + 12] = b"curv\x00\x00\x00\x00\x00\x00\x00\x00"
    return bytes(profile)
