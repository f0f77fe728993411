"""Pictures from people come out small, upright and bare."""

from __future__ import annotations

import dataclasses
import hashlib
import random
import struct
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from lab.pictures import safe
from lab.pictures.safe import make_safe
from tests.pictures.drawn import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    chunk,
    corners,
    encoded,
    gamma_one_profile,
    near,
    opened,
    png,
)


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
        assert b"SecretAuthor" in content
        assert b"SecretXmp" in content
        assert "icc_profile" in sent.info

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
            assert near(result.getpixel((4, 10)), RED)
            assert near(result.getpixel((36, 10)), BLUE)
        else:
            assert near(result.getpixel((4, 10)), (*RED, 255))
            assert near(result.getpixel((36, 10))[3:], (0,))

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


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("side", [320, 700])
def test_a_thumbnail_of_pure_noise_still_fits_in_60_kilobytes(mode: str, side: int) -> None:
    noise = random.Random(side).randbytes(side * side * len(mode))
    picture = make_safe(encoded(Image.frombytes(mode, (side, side), noise)))
    assert len(picture.thumbnail) <= safe.THUMBNAIL_BYTES == 60_000
    assert opened(picture.thumbnail).size == (320, 320)
