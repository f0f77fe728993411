"""Re-encodes uploaded pictures: reads them within limits, shrinks them, and writes only the pixels.
Everything else in the file (location, camera, author, comments, an embedded program) is dropped.
"""

from __future__ import annotations

import hashlib
import logging
import re
import struct
from dataclasses import dataclass
from io import BytesIO

from PIL import ExifTags, Image, ImageCms

from lab.foundation.errors import Invalid

MAX_BYTES = 10 * 1024 * 1024
"""Largest file taken, in bytes (10 MiB)."""
MAX_PIXELS = 40_000_000
"""Largest width times height taken, in pixels; read from the header, before anything is decoded."""
MAX_PIXELS_WHOLE = 16_000_000
"""The same for PNG and WebP, which are decoded whole; a JPEG is shrunk while it is decoded."""
MAX_PIXELS_HEIC = 25_000_000
"""The same for HEIC, decoded whole too: the 24 megapixels that phones take as they come are let through."""
MAX_SIDE = 20_000
"""Longest width or height taken, in pixels."""
SCREEN_SIDE = 1600
"""The screen size fits in a square of this side, in pixels."""
THUMBNAIL_SIDE = 320
"""The thumbnail fits in a square of this side, in pixels."""
THUMBNAIL_BYTES = 60_000
"""Most bytes of a thumbnail: thirty of them go to a phone."""
MEDIA_TYPE = "image/webp"

_FORMATS = ["JPEG", "PNG", "WEBP"]
_WEBP_QUALITY = 82
_LOWER_QUALITIES = range(70, 0, -12)
_MAX_COLOUR_PROFILE_BYTES = 1024 * 1024

_JPEG_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_MOST_SEGMENTS = 2000
_WEBP_PIXELS = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH"})
_PNG_START = b"\x89PNG\r\n\x1a\n"
_JPEG_START = b"\xff\xd8\xff"
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis"})
"""Major or compatible brands of one picture in HEVC (ISO/IEC 23008-12, annex B)."""
_HEIC_SIZE = re.compile(rb"\x00\x00\x00\x14ispe\x00\x00\x00\x00(.{4})(.{4})", re.DOTALL)
_MOST_HEIC_SIZES = 200

# A small JPEG can ask for hours of work: each scan passes over the whole picture, each further Exif segment
# copies all earlier ones, each marker costs memory. Ordinary files have a dozen scans, one Exif segment and
# some dozens of markers. The patterns also occur by chance inside metadata, so the limits are far above what
# MAX_BYTES of chance would give.
_JPEG_WORK: tuple[tuple[re.Pattern[bytes], int], ...] = (
    (re.compile(rb"\xff\xda\x00(?:\x08\x01|\x0a\x02|\x0c\x03|\x0e\x04)"), 64),
    (re.compile(rb"\xff\xe1..Exif\x00\x00", re.DOTALL), 64),
    (re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]"), 50_000),
)
_PNG_ONCE = frozenset({b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"eXIf"})
# PNG gives the transparent grey in the file's own bit depth, Pillow gives the pixels in 8 bits.
_GREY_STEP = {"L;2": 85, "L;4": 17}

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_PROFILE_SPACE = {"L": "GRAY", "RGB": "RGB", "RGBA": "RGB", "CMYK": "CMYK"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SafePicture:
    """A picture in two sizes, upright, in sRGB, without metadata; widths and heights in pixels."""

    screen: bytes
    screen_width: int
    screen_height: int
    thumbnail: bytes
    thumbnail_width: int
    thumbnail_height: int
    media_type: str = MEDIA_TYPE
    sha256: str
    """Of the file as it was sent, in lower-case hexadecimal."""


def make_safe(content: bytes, *, filename: str = "") -> SafePicture:
    """Make a screen size and a thumbnail of a JPEG, PNG, WebP or HEIC file; of several, the first.

    The kind is read from the content; `filename` only names the file in messages. Nothing is enlarged.
    Raises `Invalid` and nothing else for a bad file.
    """
    check_header(content, filename)
    name = _name_for_people(filename)
    try:
        screen = _read(content, name)
        thumbnail = screen.copy()
        thumbnail.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
        return SafePicture(
            screen=_written_anew(screen),
            screen_width=screen.width,
            screen_height=screen.height,
            thumbnail=_small(thumbnail),
            thumbnail_width=thumbnail.width,
            thumbnail_height=thumbnail.height,
            sha256=hashlib.sha256(content).hexdigest(),
        )
    except Invalid:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise _invalid(f"{name} has too many pixels. {_size_advice()}") from error
    except Exception as error:
        # Damaged files make decoders raise nearly any error; the trace tells them from a fault of ours.
        _log.info("A picture could not be read", exc_info=True)
        raise _invalid(_damaged(name)) from error


def check_header(content: bytes, filename: str = "") -> None:
    """Refuse, without decoding anything, what its first bytes say cannot be taken.

    Raises:
        Invalid: it is empty, too large, of another kind, or has too many pixels.
    """
    name = _name_for_people(filename)
    if not isinstance(content, bytes) or not content:
        raise _invalid(f"{name} is empty. Choose the picture again and send it once more.")
    if len(content) > MAX_BYTES:
        raise _invalid(
            f"{name} is {len(content) / 1024**2:.1f} MB; at most {MAX_BYTES // 1024**2} MB can be taken. "
            "Make it smaller, or save it as a JPEG, and send it again."
        )
    if content.startswith(_PNG_START):
        width, height = int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
        _check_size(width, height, name, MAX_PIXELS_WHOLE)
    elif content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        _check_size(*_webp_size(content, name), name, MAX_PIXELS_WHOLE)
    elif content.startswith(_JPEG_START):
        _check_size(*_jpeg_size(content, name), name)
    elif _is_heic(content):
        for width, height in _heic_sizes(content, name):
            _check_size(width, height, name, MAX_PIXELS_HEIC)
    else:
        raise _invalid(
            f"{name} is not a JPEG, PNG, WebP or HEIC picture. Save or export it as one of these and send it "
            "again."
        )


def _is_heic(content: bytes) -> bool:
    """Whether a file begins as a HEIC photo, by its major or one of its compatible brands."""
    length = int.from_bytes(content[:4], "big")
    if content[4:8] != b"ftyp" or not 16 <= length <= 256:
        return False
    brands = [content[8:12], *(content[at : at + 4] for at in range(16, length, 4))]
    return not _HEIC_BRANDS.isdisjoint(brands)


def _heic_sizes(content: bytes, name: str) -> list[tuple[int, int]]:
    """The widths and heights that a HEIC file names: of the picture, its tiles and thumbnail. Raises
    `Invalid` if there are none, or more than any photo has."""
    found = []
    for width, height in _HEIC_SIZE.findall(content):
        found.append((int.from_bytes(width, "big"), int.from_bytes(height, "big")))
        if len(found) > _MOST_HEIC_SIZES:
            break
    if not 1 <= len(found) <= _MOST_HEIC_SIZES:
        raise _invalid(_damaged(name))
    return found


def _jpeg_size(content: bytes, name: str) -> tuple[int, int]:
    """Width and height from the frame header of a JPEG; raises `Invalid` if none follows its beginning."""
    position = 2
    for _ in range(_MOST_SEGMENTS):
        if content[position : position + 1] != b"\xff" or position + 9 > len(content):
            break
        kind = content[position + 1]
        if kind in _JPEG_FRAMES:
            height, width = content[position + 5 : position + 7], content[position + 7 : position + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        position += 1 if kind == 0xFF else 2 + int.from_bytes(content[position + 2 : position + 4], "big")
    raise _invalid(_damaged(name))


def check_stored(content: bytes, width: int, height: int, *, is_thumbnail: bool) -> None:
    """Refuse a picture that `make_safe` cannot have made: of another kind or size than is said of it, with
    anything in its file beside the pixels, or damaged.

    Raises:
        Invalid: with what is wrong.
    """
    if max(width, height) > (THUMBNAIL_SIDE if is_thumbnail else SCREEN_SIDE):
        raise _invalid("A picture is larger than any that is kept.")
    pixels_alone(content, width, height)
    try:
        with Image.open(BytesIO(content), formats=["WEBP"]) as opened:
            opened.load()
    except Exception as error:
        # As in `make_safe`: damaged files make decoders raise nearly any error.
        raise _invalid("A picture is damaged.") from error


def pixels_alone(content: bytes, width: int, height: int) -> None:
    """Refuse, by its first bytes, what is not a WebP picture of this size and nothing more.

    Raises:
        Invalid: with what is wrong.
    """
    if not (content[:4] == b"RIFF" and content[8:12] == b"WEBP"):
        raise _invalid("A picture is missing, or is not a WebP picture.")
    if _webp_size(content, "A picture") != (width, height):
        raise _invalid("A picture has another size than its columns say.")
    if not _has_pixels_alone(content):
        raise _invalid("A picture holds more than its pixels.")


def _has_pixels_alone(content: bytes) -> bool:
    """Whether a WebP file consists of its picture alone: no metadata, no animation, nothing after its end."""
    position = 12
    while position + 8 <= len(content):
        if content[position : position + 4] not in _WEBP_PIXELS:
            return False
        length = int.from_bytes(content[position + 4 : position + 8], "little")
        position += 8 + length + length % 2
    return position == len(content) == int.from_bytes(content[4:8], "little") + 8


def _read(content: bytes, name: str) -> Image.Image:
    """The upright picture at screen size in 8-bit RGB or RGBA; may raise any error of the decoders."""
    if content.startswith(_PNG_START):
        content = _png_picture_only(content, name)
    elif content.startswith(_JPEG_START) and any(
        _occurs_more_than(pattern, limit, content) for pattern, limit in _JPEG_WORK
    ):
        raise _invalid(_damaged(name))
    formats = _FORMATS
    if _is_heic(content):
        # imported here: only a child process decodes, and most of them no HEIC
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
        formats = ["HEIF"]
    with Image.open(BytesIO(content), formats=formats) as opened:
        most = {"JPEG": MAX_PIXELS, "HEIF": MAX_PIXELS_HEIC}.get(opened.format or "", MAX_PIXELS_WHOLE)
        _check_size(opened.width, opened.height, name, most)
        profile = opened.info.get("icc_profile")
        image = _shrinkable(opened)
        # Shrinking before colours and turning keeps one large copy in memory instead of three.
        image.thumbnail((SCREEN_SIDE, SCREEN_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
        image.load()
        # Only now: asking a PNG for its EXIF decodes it, and a decoding error met there would be passed over.
        turn = _UPRIGHT.get(_orientation(opened))
        image = _in_srgb(image, profile)
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    return image if turn is None else image.transpose(turn)


def _shrinkable(opened: Image.Image) -> Image.Image:
    """The picture in a mode whose pixels can be averaged; one transparent colour becomes an alpha channel."""
    raw_mode = _raw_mode(opened)
    transparent = opened.info.get("transparency")
    if opened.mode == "I;16":
        # Pillow's own conversion cuts everything above 255 to white instead of scaling it.
        wide = opened.convert("I")
        grey = wide.point([value >> 8 for value in range(65536)], "L")
        if not isinstance(transparent, int):
            return _bare(grey)
        opaque = wide.point([0 if value == transparent else 255 for value in range(65536)], "L")
        return _bare(Image.merge("LA", (grey, opaque)))
    if transparent is not None:
        if raw_mode in _GREY_STEP:
            opened.info["transparency"] = min(255, transparent * _GREY_STEP[raw_mode])
        elif raw_mode == "RGB;16B":
            opened.info["transparency"] = tuple(part >> 8 for part in transparent)
        return opened.convert("RGBA")
    if opened.mode == "1":
        return opened.convert("L")
    if opened.mode == "P":
        return opened.convert("RGB")
    return opened


def _raw_mode(opened: Image.Image) -> str:
    """How the file stores a pixel, in Pillow's words; empty where it does not say. Ask before decoding."""
    tiles = getattr(opened, "tile", None)
    args = tiles[0][3] if tiles else ""
    return args if isinstance(args, str) else ""


def _in_srgb(image: Image.Image, profile: object) -> Image.Image:
    """Colours moved from the file's ICC profile to sRGB; as they are where the profile does not fit."""
    if not isinstance(profile, bytes) or not 0 < len(profile) <= _MAX_COLOUR_PROFILE_BYTES:
        return image
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if source.profile.xcolor_space.strip() != _PROFILE_SPACE.get(image.mode):
            return image
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        moved = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return image
    return image if moved is None else moved


def _orientation(opened: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) where it is missing or cannot be read."""
    try:
        value = opened.getexif().get(ExifTags.Base.Orientation, 1)
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, struct.error):
        return 1  # broken EXIF is no reason to refuse a good picture
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _written_anew(image: Image.Image, quality: int = _WEBP_QUALITY, alpha_quality: int = 100) -> bytes:
    """The pixels as WebP, without EXIF, ICC or XMP."""
    target = BytesIO()
    _bare(image).save(target, format="WEBP", quality=quality, alpha_quality=alpha_quality, method=4)
    return target.getvalue()


def _small(image: Image.Image) -> bytes:
    """The pixels as WebP of `THUMBNAIL_BYTES` at most: as good as fits."""
    written = _written_anew(image)
    for quality in _LOWER_QUALITIES:
        if len(written) <= THUMBNAIL_BYTES:
            break
        written = _written_anew(image, quality, quality)
    return written


def _bare(image: Image.Image) -> Image.Image:
    """The same image, rid of everything that came with it beside its pixels."""
    image.info = {}
    return image


def _png_picture_only(content: bytes, name: str) -> bytes:
    """The PNG with only the chunks that make up its picture, each once; raises `Invalid` if it breaks off.

    Text and profiles are compressed and may be repeated without end, and a broken animation makes the decoder
    refuse a picture that is whole.
    """
    head: dict[bytes, bytes] = {}
    data: list[bytes] = []
    end = b""
    position = len(_PNG_START)
    while not end:
        length = int.from_bytes(content[position : position + 4], "big")
        kind = content[position + 4 : position + 8]
        following = position + 12 + length
        if following > len(content):
            raise _invalid(_damaged(name))
        if kind == b"IDAT":
            data.append(content[position:following])
        elif kind == b"IEND":
            end = content[position:following]
        elif kind in _PNG_ONCE:
            head.setdefault(kind, content[position:following])
        position = following
    if next(iter(head), b"") != b"IHDR" or len(head[b"IHDR"]) != 12 + 13 or not data:
        raise _invalid(_damaged(name))
    return b"".join((_PNG_START, *head.values(), *data, end))


def _webp_size(content: bytes, name: str) -> tuple[int, int]:
    """Width and height from the WebP header (RFC 9649, section 2); raises `Invalid` if there is none."""
    kind = content[12:16]
    if kind == b"VP8X" and len(content) >= 30:
        return int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
    if kind == b"VP8L" and len(content) >= 25:
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    if kind == b"VP8 " and len(content) >= 30:
        return (
            int.from_bytes(content[26:28], "little") & 0x3FFF,
            int.from_bytes(content[28:30], "little") & 0x3FFF,
        )
    raise _invalid(_damaged(name))


def _check_size(width: int, height: int, name: str, most: int = MAX_PIXELS) -> None:
    """Raise `Invalid` for a picture with no pixels, too many, or too long a side."""
    if width < 1 or height < 1:
        raise _invalid(_damaged(name))
    if width * height > most or max(width, height) > MAX_SIDE:
        raise _invalid(f"{name} is {width:,} by {height:,} pixels. {_size_advice(most)}")


def _occurs_more_than(pattern: re.Pattern[bytes], limit: int, content: bytes) -> bool:
    """Whether the pattern is found more than `limit` times; stops looking as soon as that is known."""
    return any(count > limit for count, _ in enumerate(pattern.finditer(content), start=1))


def _name_for_people(filename: str) -> str:
    """How messages call the file: its last path part, printable and short, or "The picture"."""
    last = re.split(r"[/\\]", str(filename or ""))[-1]
    printable = "".join(sign for sign in last if sign.isprintable()).strip()
    if not printable:
        return "The picture"
    return f"The picture “{printable if len(printable) <= 60 else printable[:59] + '…'}”"


def _size_advice(most: int = MAX_PIXELS) -> str:
    return (
        f"At most {most // 1_000_000} million pixels, and {MAX_SIDE:,} along one side, can be taken: "
        "make it smaller, or save it as a JPEG, and send it again."
    )


def _damaged(name: str) -> str:
    return (
        f"{name} is damaged or incomplete. "
        "Open it on your device, save it anew as a JPEG or PNG and send that."
    )


def _invalid(message: str) -> Invalid:
    return Invalid(message, field="picture")
