"""The words of an open question: folded, without grammar, and none enlarged that few say."""

from __future__ import annotations

import pytest

from lab.workshops.room.cloud import MOST_IN_CLOUD, STEPS, in_cloud, words_said


def counted(*notes: str) -> dict[str, int]:
    return {word.text: word.notes for word in words_said(notes)}


@pytest.mark.parametrize(
    ("notes", "words"),
    [
        (("The bills are too high", "High bills, and they are late"), {"bills": 2, "high": 2, "late": 1}),
        (("L'eau est trop chère", "On paie l’eau"), {"eau": 2, "chère": 1, "paie": 1}),
        (("El agua está sucia", "No hay agua para todos"), {"agua": 2, "sucia": 1}),
        (("A água está suja", "Não há água para todos nós"), {"água": 2, "suja": 1}),
        (("Die Straße ist dunkel", "STRASSE und Treppe"), {"Straße": 2, "dunkel": 1, "Treppe": 1}),
        (("Mae'r ffurflen yn hir", "Ffurflen hir iawn a biliau"), {"ffurflen": 2, "hir": 2, "biliau": 1}),
    ],
)  # fmt: skip
def test_words_are_folded_and_counted_without_the_grammar_of_their_language(
    notes: tuple[str, ...], words: dict[str, int]
) -> None:
    found = counted(*notes)
    assert {each.lower(): number for each, number in found.items()} == {
        each.lower(): number for each, number in words.items()
    }


def test_an_article_of_one_language_is_a_word_in_another() -> None:
    assert "die" not in counted("Die Rechnung ist zu hoch")
    assert counted("Plants die in the dark", "They die without light")["die"] == 2


def test_a_note_says_a_word_once_however_often_it_repeats_it() -> None:
    assert counted("Bills, bills and BILLS and bills", "late") == {"bills": 1, "late": 1}


def test_what_one_note_says_is_in_the_list_and_not_in_the_cloud_and_few_notes_enlarge_nothing() -> None:
    words = words_said(["heating"] * 3 + ["windows"] * 2 + ["landlord"])
    assert [(word.text, word.notes, word.size) for word in words] == [
        ("heating", 3, 2), ("windows", 2, 1), ("landlord", 1, 0),
    ]  # fmt: skip
    assert [word.text for word in in_cloud(words)] == ["heating", "windows"]
    assert words_said(["heating"] * STEPS[-1])[0].size == len(STEPS)


def test_nobody_or_nothing_but_signs_makes_no_words_and_a_cloud_is_bounded() -> None:
    assert words_said([]) == []
    assert words_said(["!!!", "12 + 3", "a"]) == []
    many = words_said([" ".join(f"{first}{second}word" for first in "bcdfgh" for second in "aeiouxyzq")] * 2)
    assert len(many) > MOST_IN_CLOUD
    assert len(in_cloud(many)) == MOST_IN_CLOUD
