"""The result's picture."""

from __future__ import annotations

import pytest

from lab.exchange import results


@pytest.mark.parametrize("words", ["Łódź", "größer", "Проверка"])
def test_the_picture_s_font_has_letters_beyond_english(words: str) -> None:
    font = results._font(30, words)
    assert isinstance(font, results.ImageFont.FreeTypeFont)
    assert results._lacking(font, words) == []
