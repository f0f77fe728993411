"""Paper ballots typed in by keyboard."""

from __future__ import annotations

import pytest

from lab.foundation.errors import Invalid
from lab.voting.counting.sums import NO_MARK
from lab.voting.methods.registry import method_names
from lab.voting.typed import how_to_type, marks_typed


@pytest.mark.parametrize(
    ("method", "line", "marks"),
    [
        ("approval", "1 3", (1, 0, 1)),
        ("approval", "3,1", (1, 0, 1)),
        ("approval", "0", (0, 0, 0)),
        ("ranked", "3 1 2", (2, 3, 1)),
        ("ranked", " 2 ", (NO_MARK, 1, NO_MARK)),
        ("ranked", "0", (NO_MARK,) * 3),
        ("score", "5 - 3", (5, NO_MARK, 3)),
        ("score", "5 0 3", (5, 0, 3)),
        ("score", "-", (NO_MARK,) * 3),
        ("dots", "3;2;0", (3, 2, 0)),
        ("majority_judgment", "5 4 .", (5, 4, NO_MARK)),
    ],
)
def test_a_line_of_numbers_is_a_ballot(method: str, line: str, marks: tuple[int, ...]) -> None:
    assert marks_typed(method, line, 3) == marks


@pytest.mark.parametrize(
    ("method", "line", "said"),
    [
        ("approval", "4", "“4” is no option; they are numbered from 1 to 3"),
        ("approval", "1 1", "Option 1 is there twice"),
        ("ranked", "2 0", "“0” is no option"),
        ("ranked", "٣", "is no option"),
        ("score", "5 3", "There are 3 options, and 2 marks are typed"),
        ("score", "5 x 3", "“x” is no mark"),
        ("approval", " , ", "Type what is on the ballot"),
    ],
)
def test_what_is_no_ballot_is_refused_with_what_to_type(method: str, line: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        marks_typed(method, line, 3)


@pytest.mark.parametrize("method", method_names())
def test_every_method_says_what_to_type(method: str) -> None:
    assert "blank ballot" in how_to_type(method)
