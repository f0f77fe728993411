"""Pictures from people come out small, upright and bare, or are refused in words the sender can act on."""

from __future__ import annotations

import dataclasses
import hashlib
import random
import struct
import warnings
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from lab.foundation.errors import Invalid
from lab.pictures import safe
from lab.pictures.safe import MAX_BYTES, SafePicture, make_safe

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


class TestSizes:
    @pytest.mark.parametrize(
        ("size", "screen", "thumbnail"),
        [
            ((4000, 3000), (1600, 1200), (320, 240)),
            ((900, 1800), (800, 1600), (160, 320)),
            ((1600, 1600), (1600, 1600), (320, 320)),
            ((400, 200), (400, 200), (320, 160)),
            ((7, 5), (7, 5), (7, 5)),
            ((1, 1), (1, 1), (1, 1)),
            ((20_000, 1), (1600, 1), (320, 1)),
        ],
    )
    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    def test_both_sizes_fit_and_nothing_is_enlarged(
        self, kind: str, size: tuple[int, int], screen: tuple[int, int], thumbnail: tuple[int, int]
    ) -> None:
        picture = make_safe(encoded(Image.new("RGB", size, RED), kind))
        assert (picture.screen_width, picture.screen_height) == screen
        assert (picture.thumbnail_width, picture.thumbnail_height) == thumbnail
        assert opened(picture.screen).size == screen
        assert opened(picture.thumbnail).size == thumbnail

    def test_the_result_says_what_it_is_and_what_it_came_from(self) -> None:
        content = encoded(corners())
        picture = make_safe(content)
        assert picture.media_type == "image/webp"
        assert picture.sha256 == hashlib.sha256(content).hexdigest()
        with pytest.raises(dataclasses.FrozenInstanceError):
            picture.sha256 = ""  # type: ignore[misc]


class TestOrientation:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize(
        ("orientation", "expected"),
        [
            (1, (RED, GREEN, BLUE, WHITE)),
            (2, (GREEN, RED, WHITE, BLUE)),
            (3, (WHITE, BLUE, GREEN, RED)),
            (4, (BLUE, WHITE, RED, GREEN)),
            (5, (RED, BLUE, GREEN, WHITE)),
            (6, (BLUE, RED, WHITE, GREEN)),
            (7, (WHITE, GREEN, BLUE, RED)),
            (8, (GREEN, WHITE, RED, BLUE)),
            (9, (RED, GREEN, BLUE, WHITE)),
        ],
    )
    def test_a_turned_camera_gives_an_upright_picture(
        self, kind: str, orientation: int, expected: tuple[tuple[int, int, int], ...]
    ) -> None:
        exif = Image.Exif()
        exif[0x0112] = orientation
        picture = make_safe(encoded(corners(), kind, exif=exif))
        size = (40, 60) if orientation in (5, 6, 7, 8) else (60, 40)
        assert (picture.screen_width, picture.screen_height) == size
        for content in (picture.screen, picture.thumbnail):
            image = opened(content)
            width, height = image.size
            spots = [(8, 8), (width - 8, 8), (8, height - 8), (width - 8, height - 8)]
            for spot, colour in zip(spots, expected, strict=True):
                assert near(image.getpixel(spot), colour, within=40)

    @pytest.mark.parametrize("exif", [b"Exif\x00\x00", b"Exif\x00\x00MM\x00*\xff\xff\xff\xff", b"nonsense"])
    def test_broken_exif_does_not_refuse_a_good_picture(self, exif: bytes) -> None:
        assert make_safe(encoded(corners(), "JPEG", exif=exif)).screen_width == 60


class TestMetadata:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_place_author_profile_and_xmp_stay_behind(self, kind: str) -> None:
        exif = Image.Exif()
        exif[0x013B] = "SecretAuthor"
        exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 22.0, 12.0), 3: "E", 4: (4.0, 53.0, 42.0)})
        options: dict[str, Any] = {
            "exif": exif,
            "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        }
        if kind == "PNG":
            text = PngImagePlugin.PngInfo()
            text.add_text("Comment", "SecretComment")
            text.add_itxt("XML:com.adobe.xmp", "<x>SecretXmp</x>")
            options["pnginfo"] = text
        else:
            options["xmp"] = b"<x>SecretXmp</x>"
        if kind == "JPEG":
            options["comment"] = b"SecretComment"
        content = encoded(corners(), kind, **options)
        sent = Image.open(BytesIO(content))
        assert sent.getexif().get_ifd(0x8825)[2] == (52.0, 22.0, 12.0)
        assert b"SecretAuthor" in content and b"SecretXmp" in content and "icc_profile" in sent.info

        picture = make_safe(content)
        for result in (picture.screen, picture.thumbnail):
            image = opened(result)
            assert dict(image.getexif()) == {}
            assert {"exif", "icc_profile", "xmp"} & set(image.info) == set()
            assert all(word not in result for word in (b"Secret", b"EXIF", b"ICCP", b"XMP "))

    def test_what_follows_the_picture_in_the_file_stays_behind(self) -> None:
        picture = make_safe(encoded(corners(), "JPEG") + b"PK\x03\x04<script>alert(1)</script>")
        assert b"<script>" not in picture.screen + picture.thumbnail

    def test_colours_hidden_under_full_transparency_do_not_come_through(self) -> None:
        image = Image.new("RGBA", (64, 64), (200, 10, 10, 0))
        image.paste((0, 0, 255, 255), (0, 0, 32, 64))
        assert near(opened(make_safe(encoded(image)).screen).getpixel((60, 32))[3:], (0,))


class TestModes:
    @pytest.mark.parametrize(
        ("mode", "kind", "colour", "expected"),
        [
            ("1", "PNG", 1, WHITE),
            ("L", "PNG", 90, (90, 90, 90)),
            ("L", "JPEG", 90, (90, 90, 90)),
            ("LA", "PNG", (90, 128), (90, 90, 90, 128)),
            ("RGB", "PNG", RED, RED),
            ("RGB", "JPEG", RED, RED),
            ("RGB", "WEBP", RED, RED),
            ("RGBA", "PNG", (255, 0, 0, 128), (255, 0, 0, 128)),
            ("RGBA", "WEBP", (255, 0, 0, 128), (255, 0, 0, 128)),
            ("RGBA", "PNG", (255, 0, 0, 255), RED),
            ("CMYK", "JPEG", (0, 255, 255, 0), RED),
            ("I;16", "PNG", 90 * 257, (90, 90, 90)),
        ],
    )
    @pytest.mark.parametrize("side", [24, 1700])
    def test_every_mode_keeps_its_colour(
        self, mode: str, kind: str, colour: Any, expected: tuple[int, ...], side: int
    ) -> None:
        picture = make_safe(encoded(Image.new(mode, (side, 24), colour), kind))
        for content in (picture.screen, picture.thumbnail):
            assert near(opened(content).getpixel((1, 1)), expected)

    @pytest.mark.parametrize("transparency", [None, 1, bytes([255, 0])])
    def test_palette_pictures_keep_colour_and_transparency(self, transparency: Any) -> None:
        image = Image.new("P", (40, 20), 0)
        image.putpalette([*RED, *BLUE])
        image.paste(1, (20, 0, 40, 20))
        options = {} if transparency is None else {"transparency": transparency}
        result = opened(make_safe(encoded(image, **options)).screen)
        if transparency is None:
            assert near(result.getpixel((4, 10)), RED) and near(result.getpixel((36, 10)), BLUE)
        else:
            assert near(result.getpixel((4, 10)), (*RED, 255)) and near(result.getpixel((36, 10))[3:], (0,))

    @pytest.mark.parametrize(
        ("depth", "colour_type", "row", "transparent"),
        [
            (1, 0, b"\x00\x00\xff", struct.pack(">H", 1)),
            (2, 0, b"\x00" + b"\x00" * 2 + b"\xaa" * 2, struct.pack(">H", 2)),
            (4, 0, b"\x00" + b"\x00" * 4 + b"\x77" * 4, struct.pack(">H", 7)),
            (8, 0, b"\x00" + b"\x00" * 8 + b"\x64" * 8, struct.pack(">H", 100)),
            (16, 0, b"\x00" + b"\x00" * 16 + b"\x64\x01" * 8, struct.pack(">H", 0x6401)),
            (8, 2, b"\x00" + b"\x00" * 24 + b"\x64\x65\x66" * 8, struct.pack(">HHH", 100, 101, 102)),
            (16, 2, b"\x00" + b"\x00" * 48 + b"\x64\x01" * 24, struct.pack(">HHH", *[0x6401] * 3)),
        ],
    )
    def test_one_transparent_colour_is_transparent_at_every_depth(
        self, depth: int, colour_type: int, row: bytes, transparent: bytes
    ) -> None:
        content = png(16, 16, depth, colour_type, row * 16, chunk(b"tRNS", transparent))
        result = opened(make_safe(content).screen)
        assert near(result.getpixel((2, 8)), (0, 0, 0, 255))
        assert near(result.getpixel((13, 8))[3:], (0,))

    @pytest.mark.parametrize(
        ("colour_type", "sample", "expected"),
        [
            (2, b"\xff\xff\x00\x00\x00\x00", RED),
            (4, b"\x5a\x5a\x80\x80", (90, 90, 90, 128)),
            (6, b"\xff\xff\x00\x00\x00\x00\x80\x80", (255, 0, 0, 128)),
        ],
    )
    def test_16_bit_colour_and_transparency(
        self, colour_type: int, sample: bytes, expected: tuple[int, ...]
    ) -> None:
        content = png(8, 8, 16, colour_type, (b"\x00" + sample * 8) * 8)
        assert near(opened(make_safe(content).screen).getpixel((4, 4)), expected)

    @pytest.mark.parametrize("kind", ["PNG", "WEBP"])
    def test_of_an_animation_the_first_picture_is_taken(self, kind: str) -> None:
        frames = [Image.new("RGB", (32, 32), colour) for colour in (GREEN, RED, BLUE)]
        content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
        assert Image.open(BytesIO(content)).n_frames == 3  # type: ignore[attr-defined]
        result = opened(make_safe(content).screen)
        assert result.n_frames == 1  # type: ignore[attr-defined]
        assert near(result.getpixel((16, 16)), GREEN)

    def test_of_a_phone_picture_with_several_images_the_first_is_taken(self) -> None:
        content = encoded(Image.new("RGB", (32, 32), GREEN), "MPO", save_all=True, append_images=[corners()])
        assert near(opened(make_safe(content).screen).getpixel((16, 16)), GREEN)

    @pytest.mark.parametrize("progressive", [True, False])
    def test_progressive_and_interlaced_files_are_ordinary(self, progressive: bool) -> None:
        assert make_safe(encoded(corners(), "JPEG", progressive=progressive)).screen_width == 60

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_colours_are_moved_from_the_files_profile_to_srgb(self, kind: str) -> None:
        linear = gamma_one_profile()
        result = opened(
            make_safe(encoded(Image.new("RGB", (32, 32), (55, 55, 55)), kind, icc_profile=linear)).screen
        )
        # 55/255 of linear light is 128 in sRGB.
        assert near(result.getpixel((16, 16)), (128, 128, 128), within=4)

    def test_transparency_survives_the_move_to_srgb(self) -> None:
        content = encoded(Image.new("RGBA", (32, 32), (55, 55, 55, 128)), icc_profile=gamma_one_profile())
        assert near(opened(make_safe(content).screen).getpixel((16, 16)), (128, 128, 128, 128), within=4)

    @pytest.mark.parametrize("profile", [b"not a profile", b"\x00" * 2_000_000])
    def test_an_unfit_profile_is_passed_over(self, profile: bytes) -> None:
        image = Image.new("RGB", (32, 32), (55, 55, 55))
        result = opened(make_safe(encoded(image, "JPEG", icc_profile=profile)).screen)
        assert near(result.getpixel((16, 16)), (55, 55, 55), within=4)

    def test_a_profile_of_another_colour_space_is_passed_over(self) -> None:
        content = encoded(Image.new("L", (32, 32), 55), icc_profile=gamma_one_profile())
        assert near(opened(make_safe(content).screen).getpixel((16, 16)), (55, 55, 55), within=4)


def gamma_one_profile() -> bytes:
    """sRGB's primaries with linear light: its tone curves replaced by the identity (ICC.1:2010, 10.5)."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for number in range(struct.unpack_from(">I", profile, 128)[0]):
        signature, offset, _length = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        if signature in (b"rTRC", b"gTRC", b"bTRC"):
            profile[offset : offset + 12] = b"curv\x00\x00\x00\x00\x00\x00\x00\x00"
    return bytes(profile)


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
            "The picture “holiday.jpg” is not a JPEG, PNG or WebP picture. "
            "Save or export it as one of these and send it again."
        )

    def test_svg_and_html(self) -> None:
        for content in (b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html><script>1</script></html>"):
            assert "is not a JPEG, PNG or WebP" in refusal(content, "a.png").message

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
            "At most 40 million pixels, and 20,000 along one side, can be taken: "
            "make it smaller and send it again."
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


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("side", [320, 700])
def test_a_thumbnail_of_pure_noise_still_fits_in_60_kilobytes(mode: str, side: int) -> None:
    noise = random.Random(side).randbytes(side * side * len(mode))
    picture = make_safe(encoded(Image.frombytes(mode, (side, side), noise)))
    assert len(picture.thumbnail) <= safe.THUMBNAIL_BYTES == 60_000
    assert opened(picture.thumbnail).size == (320, 320)
