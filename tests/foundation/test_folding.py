"""One folding: what is the same word to a reader is the same to every search, key, slug and code."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.foundation.folding import code_of, fold, slug


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Проверка", "ПРОВЕРКА"),
        ("Łódź", unicodedata.normalize("NFD", "łÓDŹ")),
        ("Straße", "STRASSE"),
        ("Waiting room", "  waiting\u00a0\u3000ROOM "),
        ("ＡＢＣ１２", "abc12"),
        ("of\u00adfice\u200b", "oﬃce"),
        ("ΟΔΟΣ", "οδος"),
    ],
)
def test_the_same_words_written_in_two_ways_fold_to_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_accents_still_tell_words_apart() -> None:
    assert fold("Lodz") != fold("Łódź")
    assert fold("resume") != fold("résumé")


@given(st.text())
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_however_a_text_was_saved_it_folds_to_the_same(text: str) -> None:
    assert len({fold(unicodedata.normalize(form, text)) for form in ("NFC", "NFD", "NFKC", "NFKD")}) == 1


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_letters_fold_as_all_others_do(text: str) -> None:
    unseen = text + "\N{SOFT HYPHEN}"
    assert fold(text) == fold(unseen)
    assert code_of(text) == code_of(unseen)


@pytest.mark.parametrize(
    ("title", "address"),
    [
        ("Łódź", "lodz"),
        ("Straße", "strasse"),
        ("Smørrebrød på Østerbro", "smorrebrod-pa-osterbro"),
        ("Þórður í Đà Nẵng, ılık", "thordur-i-da-nang-ilik"),
        ("Проверка", "proverka"),
        ("학교", "haggyo"),
        ("It’s “safe” – now", "its-safe-now"),
        ("A\u00a0letter", "a-letter"),
        ("🎉🎉", "project"),
    ],
)
def test_a_slug_says_the_title_in_plain_letters(title: str, address: str) -> None:
    assert slug(title) == address


def test_a_second_title_of_the_same_letters_gets_a_number() -> None:
    assert slug("Lodz", {"lodz"}) == "lodz-2"


@given(st.text())
def test_a_slug_is_an_address_and_unlike_those_taken(title: str) -> None:
    first = slug(title)
    assert first
    assert first.isascii()
    assert first == first.lower()
    assert " " not in first
    assert slug(title, [first]) != first


@pytest.mark.parametrize("typed", ["ab2-c9k", "ＡＢ２ Ｃ９Ｋ", " AB2–C9K ", "ab2\u00a0c9k"])
def test_a_code_is_found_however_it_is_typed(typed: str) -> None:
    assert code_of(typed) == "AB2C9K"
