"""Photos as phones take them, in HEIC: the same guard, upright, and nothing of the file but its pixels."""

from __future__ import annotations

from io import BytesIO

import pillow_heif
import pytest
from PIL import ExifTags, Image

from lab.foundation.errors import Invalid
from lab.pictures.apart import make_safe_apart
from lab.pictures.safe import MAX_PIXELS_HEIC, check_header, make_safe
from tests.pictures.drawn import BLUE, GREEN, RED, WHITE, corners, near, opened


def heic(image: Image.Image, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Artist] = "Somebody known"
    target = BytesIO()
    pillow_heif.from_pillow(image).save(
        target, quality=95, exif=exif.tobytes(), xmp=b"<x:xmpmeta>Somewhere known</x:xmpmeta>"
    )
    return target.getvalue()


def at_corners(content: bytes) -> list[tuple[int, ...]]:
    image = opened(content)
    right, bottom = image.width - 20, image.height - 20
    return [image.getpixel(place) for place in ((20, 20), (right, 20), (20, bottom), (right, bottom))]  # type: ignore[misc]


LARGE = corners().resize((480, 320), Image.Resampling.NEAREST)


@pytest.mark.parametrize(
    ("orientation", "colours"), [(1, (RED, GREEN, BLUE, WHITE)), (6, (BLUE, RED, WHITE, GREEN))]
)
def test_a_heic_photo_is_taken_upright_by_a_child(
    orientation: int, colours: tuple[tuple[int, ...], ...]
) -> None:
    content = heic(LARGE, orientation)
    found = make_safe_apart(content, filename="IMG_0001.HEIC")
    assert (found.screen_width, found.screen_height) == ((480, 320) if orientation == 1 else (320, 480))
    for pixel, colour in zip(at_corners(found.screen), colours, strict=True):
        assert near(pixel, colour, within=30)


def test_who_and_where_stay_behind() -> None:
    content = heic(LARGE)
    assert b"Somebody known" in content
    assert b"Somewhere known" in content
    found = make_safe(content)
    for part in (found.screen, found.thumbnail):
        assert b"known" not in part
        assert not opened(part).getexif()


def test_a_size_that_the_file_only_claims_is_refused_before_anything_is_decoded() -> None:
    content = heic(LARGE)
    place = content.index(b"ispe") + 8
    side = int(MAX_PIXELS_HEIC**0.5) + 1
    huge = content[:place] + 2 * side.to_bytes(4, "big") + content[place + 8 :]
    with pytest.raises(Invalid, match="At most 25 million pixels"):
        check_header(huge)


@pytest.mark.parametrize("kept", [20, 100, 400, -200])
def test_a_heic_file_that_breaks_off_is_refused_with_what_to_do(kept: int) -> None:
    with pytest.raises(Invalid, match=r"damaged or incomplete.*as a JPEG or PNG"):
        make_safe(heic(LARGE)[:kept], filename="photo.heic")


def test_noise_in_a_heic_file_is_refused_or_drawn_and_nothing_else() -> None:
    content = heic(LARGE)
    refused = 0
    for start in range(64, len(content) - 64, 97):
        noise = bytes((7 * each + start) % 256 for each in range(48))
        try:
            make_safe(content[:start] + noise + content[start + 48 :])
        except Invalid:
            refused += 1
    assert refused
