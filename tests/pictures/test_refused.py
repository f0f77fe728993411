"""What is no picture, or means harm, is refused in words the sender can act on."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from lab.foundation.errors import Invalid
from lab.pictures import safe
from lab.pictures.safe import MAX_BYTES, SafePicture, make_safe
from tests.pictures.drawn import (
    GREEN,
    RED,
    chunk,
    corners,
    encoded,
    gamma_one_profile,
    near,
    opened,
    png,
    refusal,
)


class TestRefusals:
    @pytest.mark.parametrize("content", [b"", None, "text", 7])
    def test_nothing_to_read(self, content: Any) -> None:
        assert "empty" in refusal(content).message

    def test_too_many_bytes(self) -> None:
        message = refusal(encoded(corners(), "JPEG").ljust(MAX_BYTES + 1, b"\x00"), "big.jpg").message
        assert message == (
            "The picture “big.jpg” is 10.0 MB; at most 10 MB can be taken. "
            "Make it smaller, or save it as a JPEG, and send it again."
        )

    def test_exactly_the_most_bytes_is_taken(self) -> None:
        assert make_safe(encoded(corners(), "JPEG").ljust(MAX_BYTES, b"\x00")).screen_width == 60

    @pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PDF", "ICO"])
    def test_other_kinds_whatever_they_are_called(self, kind: str) -> None:
        message = refusal(encoded(corners(), kind), "holiday.jpg").message
        assert message == (
            "The picture “holiday.jpg” is not a JPEG, PNG, WebP or HEIC picture. "
            "Save or export it as one of these and send it again."
        )

    def test_svg_and_html(self) -> None:
        for content in (b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html><script>1</script></html>"):
            assert "is not a JPEG, PNG, WebP or HEIC" in refusal(content, "a.png").message

    @pytest.mark.parametrize("filename", ["a.gif", "a", "", "a.pdf", "../../etc/passwd", "\x00\n\u202e.exe"])
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_a_wrong_name_does_not_matter(self, kind: str, filename: str) -> None:
        assert make_safe(encoded(corners(), kind), filename=filename).screen_width == 60

    def test_messages_name_the_file_without_its_tricks(self) -> None:
        assert refusal(b"x", "C:\\photos\\\u202ea\nb.png").message.startswith("The picture “ab.png” is not")
        assert refusal(b"x", "/home/me/" + "a" * 500).message.startswith(f"The picture “{'a' * 59}…” is not")
        assert refusal(b"x", "\n").message.startswith("The picture is not")

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.7, 0.9])
    def test_cut_off(self, kind: str, part: float) -> None:
        image = Image.effect_noise((300, 200), 80).convert("RGB")
        content = encoded(image, kind)
        message = refusal(content[: int(len(content) * part)], "half.jpg").message
        assert message == (
            "The picture “half.jpg” is damaged or incomplete. "
            "Open it on your device, save it anew as a JPEG or PNG and send that."
        )

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "P", "I;16"])
    @pytest.mark.parametrize("exif", [b"", b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00"])
    def test_a_png_whole_outside_and_broken_inside(self, mode: str, exif: bytes) -> None:
        noise = Image.effect_noise((64, 64), 80)
        image = noise.convert("I").convert("I;16") if mode == "I;16" else noise.convert(mode)
        content = encoded(image, exif=exif)
        assert make_safe(content).screen_height == 64
        place = content.index(b"IDAT")
        data = content[place + 4 : content.index(b"IEND") - 8]
        cut = content[: place - 4] + chunk(b"IDAT", data[: len(data) // 2]) + chunk(b"IEND", b"")
        assert "damaged" in refusal(cut).message

    def test_a_png_without_picture_data(self) -> None:
        header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
        start = b"\x89PNG\r\n\x1a\n"
        ending = chunk(b"IEND", b"")
        assert "damaged" in refusal(start + chunk(b"IHDR", header) + ending).message
        assert "damaged" in refusal(start + ending).message
        assert "damaged" in refusal(png(0, 8, 8, 2, b"")).message


def jpeg_header(width: int, height: int) -> bytes:
    content = bytearray(encoded(Image.new("RGB", (8, 8)), "JPEG"))
    struct.pack_into(">HH", content, content.index(b"\xff\xc0") + 5, height, width)
    return bytes(content)


def png_header(width: int, height: int) -> bytes:
    return png(width, height, 8, 2, b"\x00" * 100)


def webp_header(width: int, height: int) -> bytes:
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x00" * 4
    body += struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_lossless_header(width: int, height: int) -> bytes:
    body = b"WEBPVP8L" + struct.pack("<I", 64) + b"\x2f"
    body += struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(59)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_lossy_header(width: int, height: int) -> bytes:
    content = bytearray(encoded(Image.new("RGB", (8, 8)), "WEBP"))
    assert content[12:16] == b"VP8 "
    struct.pack_into("<HH", content, 26, width, height)
    return bytes(content)


class TestBombs:
    @pytest.mark.parametrize(
        ("header", "width", "height"),
        [
            (jpeg_header, 8_000, 5_001),
            (jpeg_header, 60_000, 60_000),
            (jpeg_header, 20_001, 10),
            (png_header, 8_000, 5_001),
            (png_header, 2_000_000_000, 2_000_000_000),
            (png_header, 10, 20_001),
            (webp_header, 8_000, 5_001),
            (webp_header, 16_000_000, 250),
            (webp_lossless_header, 16_000, 16_000),
            (webp_lossy_header, 16_000, 16_000),
        ],
    )
    def test_too_many_pixels_are_refused_from_the_header(
        self,
        header: Callable[[int, int], bytes],
        width: int,
        height: int,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def never(*_: object) -> None:
            pytest.fail("the picture was decoded")

        monkeypatch.setattr(safe, "_shrinkable", never)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            message = refusal(header(width, height), "bomb").message
        assert "pixels" in message
        assert message.endswith(
            "million pixels, and 20,000 along one side, can be taken: "
            "make it smaller, or save it as a JPEG, and send it again."
        )

    @pytest.mark.parametrize("header", [jpeg_header, png_header, webp_header])
    def test_pillows_warning_raised_as_an_error_is_no_crash(
        self, header: Callable[[int, int], bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert "pixels" in refusal(header(10_000, 10_000)).message
            monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
            assert "pixels" in refusal(encoded(corners(), "JPEG")).message

    def test_pillows_own_settings_are_left_alone(self) -> None:
        from PIL import ImageFile

        before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))
        make_safe(encoded(corners()))
        refusal(png_header(50_000, 50_000))
        after = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))
        assert after == before

    def test_png_text_and_profiles_that_unpack_without_end_are_not_unpacked(self) -> None:
        bomb = zlib.compress(b"\x00" * 50_000_000)
        extra = [chunk(b"zTXt", b"a\x00\x00" + bomb), chunk(b"iTXt", b"a\x00\x01\x00\x00\x00" + bomb)] * 20
        content = png(8, 8, 8, 2, (b"\x00" + bytes(RED) * 8) * 8, *extra)
        assert near(opened(make_safe(content).screen).getpixel((4, 4)), RED)

    @pytest.mark.parametrize(
        "segment",
        [b"\xff\xe1\x00\x09Exif\x00\x00a", b"\xff\xe3\x00\x02", b"\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00"],
    )
    def test_a_jpeg_made_to_keep_the_decoder_busy_is_refused(self, segment: bytes) -> None:
        content = encoded(corners(), "JPEG")
        busy = content[:2] + segment * 200_000 + content[2:]
        assert "damaged" in refusal(busy).message


def samples() -> list[bytes]:
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = gamma_one_profile()
    palette = corners().quantize(4)
    frames = [Image.new("RGBA", (20, 20), (*colour, 200)) for colour in (RED, GREEN)]
    return [
        encoded(corners(), "JPEG", exif=exif, icc_profile=profile),
        encoded(corners(), "JPEG", progressive=True),
        encoded(corners().convert("CMYK"), "JPEG"),
        encoded(corners(), "PNG", exif=exif, icc_profile=profile),
        encoded(palette, "PNG", transparency=1),
        encoded(Image.new("I;16", (20, 20), 30_000), "PNG", transparency=30_000),
        encoded(frames[0], "PNG", save_all=True, append_images=frames[1:]),
        encoded(corners(), "WEBP", exif=exif, icc_profile=profile),
        encoded(corners(), "WEBP", lossless=True),
        encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=50),
    ]


SAMPLES = samples()
STARTS = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\x00\x00\x00WEBPVP8 ", b"RIFF____WEBPVP8X"]


def only_ever_invalid(content: bytes, filename: str) -> None:
    try:
        picture = make_safe(content, filename=filename)
    except Invalid as error:
        picture, refusal = None, error.message
    if picture is None:
        assert refusal.startswith("The picture")
        assert refusal.endswith(".")
    else:
        assert isinstance(picture, SafePicture)
        assert opened(picture.screen).size == (picture.screen_width, picture.screen_height)


def resealed(content: bytes) -> bytes:
    """A PNG with its checksums made right again, so that damage reaches what lies behind them."""
    result, position = content[:8], 8
    while position + 12 <= len(content):
        length = min(int.from_bytes(content[position : position + 4], "big"), len(content) - position - 12)
        kind, data = content[position + 4 : position + 8], content[position + 8 : position + 8 + length]
        result += chunk(kind, data)
        position += 12 + length
    return result


class TestAnythingAtAll:
    @settings(max_examples=200, deadline=None)
    @given(start=st.sampled_from(STARTS), rest=st.binary(max_size=400), filename=st.text(max_size=20))
    def test_random_bytes(self, start: bytes, rest: bytes, filename: str) -> None:
        only_ever_invalid(start + rest, filename)

    @settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(data=st.data())
    def test_damaged_pictures(self, data: st.DataObject) -> None:
        content = bytearray(data.draw(st.sampled_from(SAMPLES)))
        spots = st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255))
        for position, value in data.draw(st.lists(spots, min_size=1, max_size=12)):
            content[position] = value
        cut = data.draw(st.one_of(st.just(len(content)), st.integers(1, len(content))))
        damaged = bytes(content[:cut])
        if damaged.startswith(b"\x89PNG\r\n\x1a\n") and data.draw(st.booleans()):
            damaged = resealed(damaged)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            only_ever_invalid(damaged, "")
