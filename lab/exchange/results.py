"""The result of a round as files: a table for spreadsheets, and a picture. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from textwrap import wrap
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from lab.exchange.tables import write_table
from lab.foundation.language import label
from lab.foundation.text import quantity, shortened, spoken
from lab.voting.queries import RoundView
from lab.voting.results import OptionResult, Result
from lab.voting.words import NOBODY_VOTED

WIDTH: Final = 1600
"""Of the picture, in pixels."""
MARGIN: Final = 70
INK, QUIET, DEEP, TINT, PAPER = "#07141a", "#47565b", "#0b5f66", "#dbe6e6", "#ffffff"
COLUMNS: Final = (
    "rank", "tied", "option", "result", "support %", "least support %", "in the group", "question", "method",
    "ballots", "without a mark", "closed on",
)  # fmt: skip
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def result_table(room: RoundView, result: Result | None) -> bytes:
    """A row for each option, best first, as CSV whose cells no spreadsheet runs; no rows if nobody voted."""
    rows = [_row(room, result, each) for each in result.options] if result else []
    return write_table(COLUMNS, rows)


def _row(room: RoundView, result: Result, option: OptionResult) -> dict[str, object]:
    least = option.least
    return {
        "rank": option.rank if result.count.winners else None,
        "tied": option.tied,
        "option": option.title,
        "result": option.number,
        "support %": round(100 * option.share, 1),
        "least support %": round(100 * least[1], 1) if least else None,
        "in the group": label(least[0]) if least else None,
        "question": room.question,
        "method": label(room.method),
        "ballots": result.ballots,
        "without a mark": result.abstentions,
        "closed on": room.closed_on,
    }


def result_picture(room: RoundView, result: Result | None) -> bytes:
    """Question, sentence and bars, best first, with the number of ballots and the day, as a PNG."""
    said = result.sentence if result else NOBODY_VOTED
    words = " ".join([room.question, said, *(each.title for each in room.options)])
    large, middle, small = (_font(size, words) for size in (46, 32, 26))
    question, sentence = _lines(room.question, large), _lines(said, middle)
    options = result.options if result else ()
    height = 2 * MARGIN + 60 * len(question) + 30 + 44 * len(sentence) + 40 + 92 * len(options) + 50
    picture = Image.new("RGB", (WIDTH, height), PAPER)
    pen = ImageDraw.Draw(picture)
    at = _written(pen, question, MARGIN, large, 60, INK)
    at = _written(pen, sentence, at + 20, middle, 44, INK) + 30
    for each in options:
        _bar(pen, each, at, middle, has_rank=bool(result and result.count.winners))
        at += 92
    pen.text((MARGIN, at + 20), _foot(room, result), font=small, fill=QUIET)
    target = BytesIO()
    picture.save(target, "PNG", optimize=True)
    return target.getvalue()


def _bar(pen: ImageDraw.ImageDraw, each: OptionResult, at: float, font: Font, *, has_rank: bool) -> None:
    rank = f"{each.rank}. " if has_rank else ""
    tied = " (tied)" if each.tied else ""
    right = WIDTH - MARGIN
    number = pen.textlength(each.number, font=font)
    title = f"{rank}{each.title}{tied}"
    longest = 120
    while pen.textlength(shortened(title, longest), font=font) > right - MARGIN - number - 40 and longest > 8:
        longest -= 4
    pen.text((MARGIN, at), shortened(title, longest), font=font, fill=INK)
    pen.text((right - number, at), each.number, font=font, fill=INK)
    pen.rectangle((MARGIN, at + 46, right, at + 72), fill=TINT)
    if each.share > 0:
        pen.rectangle((MARGIN, at + 46, MARGIN + each.share * (right - MARGIN), at + 72), fill=DEEP)


def _foot(room: RoundView, result: Result | None) -> str:
    blank = f", {result.abstentions} without a mark" if result and result.abstentions else ""
    closed = f" · closed {spoken(room.closed_on)}" if room.closed_on else ""
    ballots = quantity(result.ballots if result else 0, "ballot")
    return shortened(f"{ballots}{blank} · {label(room.method)}{closed} · {room.lab}", 110)


def _written(
    pen: ImageDraw.ImageDraw, lines: Sequence[str], at: float, font: Font, height: int, colour: str
) -> float:
    for line in lines:
        pen.text((MARGIN, at), line, font=font, fill=colour)
        at += height
    return at


def _lines(words: str, font: Font) -> list[str]:
    """Broken so that every line fits."""
    for characters in range(110, 20, -3):
        lines = wrap(words, characters)
        if all(font.getlength(line) <= WIDTH - 2 * MARGIN for line in lines):
            return lines
    return wrap(words, 20)


def _font(size: int, words: str) -> Font:
    """The font that lacks the fewest letters of these words, the earlier of equals."""
    fonts = [each for each in map(partial(_opened, size), _PLACES) if each is not None]
    letters = {each for each in words if not each.isspace()}
    return min(fonts, key=lambda font: len(_lacking(font, letters)), default=ImageFont.load_default(size))


def _opened(size: int, place: str) -> ImageFont.FreeTypeFont | None:
    try:
        font = ImageFont.truetype(place, size)
    except OSError:
        return None
    with suppress(OSError):  # a font without axes
        font.set_variation_by_axes([420])
    return font


def _lacking(font: ImageFont.FreeTypeFont, letters: Iterable[str]) -> list[str]:
    """The letters for which it draws what it draws for no letter at all."""
    nothing = bytes(font.getmask("\ufffe"))
    return [each for each in letters if bytes(font.getmask(each)) == nothing]


def _places() -> tuple[str, ...]:
    """Fonts with more letters than Pillow's own, which has those of English alone: the one that comes with
    Streamlit, then what systems have for other scripts."""
    found = find_spec("streamlit")
    media = Path(found.origin).parent / "static/static/media" if found and found.origin else None
    ours = sorted(media.glob("SourceSansVF-Upright*.woff2")) if media else []
    return (*map(str, ours), "DejaVuSans.ttf", "NotoSans-Regular.ttf", "NotoSansCJK-Regular.ttc")


_PLACES: Final = _places()
