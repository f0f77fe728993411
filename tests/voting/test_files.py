"""Ballots from files, and the command that counts them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from lab.cli import application
from lab.exchange.tables import read_table
from lab.foundation.errors import Invalid
from lab.voting import files
from lab.voting.counting.sums import NO_MARK
from lab.voting.files import read_preflib, read_sheet
from lab.voting.tally import count

CAPITALS = """\
# FILE NAME: capitals.soc
# TITLE: The capital of Tennessee
# DATA TYPE: soc
# NUMBER ALTERNATIVES: 4
# NUMBER VOTERS: 100
# ALTERNATIVE NAME 1: Memphis
# ALTERNATIVE NAME 2: Nashville
# ALTERNATIVE NAME 3: Chattanooga
# ALTERNATIVE NAME 4: Knoxville: the third
42: 1,2,3,4
26: 2,3,4,1
15: 3, 4, 2, 1
17: 4,3,2,1
"""

GYLES = """\
# TITLE: Gy-les-Nonains
# NUMBER ALTERNATIVES: 4
# NUMBER CATEGORIES: 3
# CATEGORY NAME 1: Yes
# CATEGORY NAME 2: Perhaps
# CATEGORY NAME 3: No
# ALTERNATIVE NAME 1: Megret
# ALTERNATIVE NAME 2: Lepage
# ALTERNATIVE NAME 3: Gluckstein
# ALTERNATIVE NAME 4: Bayrou
13: 4,{1,2},3
5: {}, {}, {1, 2, 3, 4}
2: {1,4},{},{}
"""


def orders(body: str, kind: str = "toi", method: str = "ranked") -> files.Ballots:
    names = "".join(f"# ALTERNATIVE NAME {place}: {name}\n" for place, name in enumerate("ABC", start=1))
    return read_preflib(names + body, kind, method)


# PrefLib.


def test_a_preflib_order_is_a_ranking_with_ties_together_and_the_rest_left_off() -> None:
    found = orders("12: 3,{1,2}\n1: 2\n")
    assert found.options == ("A", "B", "C")
    assert found.marks.tolist() == [[2, 2, 1], [NO_MARK, 1, NO_MARK]]
    assert found.weights.tolist() == [12, 1]


def test_preflib_categories_are_grades_points_approval_or_places() -> None:
    marks = {
        method: read_preflib(GYLES, "cat", method).marks.tolist()
        for method in ("majority_judgment", "score", "approval", "ranked")
    }
    assert marks["majority_judgment"] == marks["score"] == [[1, 1, 0, 2], [0, 0, 0, 0], [2, -1, -1, 2]]
    assert marks["approval"] == [[0, 0, 0, 1], [0, 0, 0, 0], [1, -1, -1, 1]]
    assert marks["ranked"] == [[2, 2, 3, 1], [3, 3, 3, 3], [1, -1, -1, 1]]
    assert read_preflib(GYLES, "cat", "majority_judgment").grades == 3


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ("5: 1,4", "soi", "Line 4: there is no alternative 4, only 1 to 3"),
        ("5: 1,0", "soi", "Line 4: there is no alternative 0"),
        ("5: 1,1234567890123", "soi", "is no list of numbers"),
        ("\n5: 1,{2,1}", "toi", "Line 5: alternative 1 is named twice"),
        ("5: 1,{2,3", "toi", "Line 4: “1,{2,3” is no list of numbers"),
        ("5: 1,,2", "toi", "Line 4"),
        ("5: A", "toi", "Line 4"),
        ("5 1,2", "toi", "Line 4: it must begin with how many voted so"),
        ("-5: 1,2", "toi", "Line 4: it must begin"),
        ("9999999999: 1,2", "toi", "Line 4: it must begin"),
        ("5: 1,{2,3}", "soc", "Line 4: a .soc file has no ties. Files with ties end in .toc"),
        ("5: 1,2", "soc", "Line 4: 2 of 3 alternatives are ranked, and a .soc file ranks all.*end in .soi"),
        ("5: 1,{2}", "toc", "end in .toi"),
        ("# ALTERNATIVE NAME 5: E", "soc", "Line 4: “# ALTERNATIVE NAME 4: …” should come here"),
        ("# ALTERNATIVE NAME 4: A", "soc", "Line 4: the name “A” is there twice"),
        ("5: 1", "cat", "Line 4: there are 0 categories, and 1 are filled in"),
        ("5: 1", "wmd", "no kind of PrefLib file"),
    ],
)
def test_a_broken_preflib_file_is_refused_with_the_line(body: str, kind: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        orders(body, kind)


def test_other_files_are_refused_with_what_to_do() -> None:
    with pytest.raises(Invalid, match=r"Line 1: a PrefLib file begins with .* before 2022"):
        read_preflib("3\n1,A\n2,B\n3,C\n5,5,1\n5,1,2,3\n", "soc", "ranked")
    with pytest.raises(Invalid, match="names no alternatives"):
        read_preflib("# TITLE: x\n5: 1\n", "soc", "ranked")
    with pytest.raises(Invalid, match="Count it as ranked"):
        orders("5: 1", "soi", "approval")
    with pytest.raises(Invalid, match="cannot be counted as dots"):
        read_preflib(GYLES, "cat", "dots")


def test_files_beyond_the_limits_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    many = "".join(f"# ALTERNATIVE NAME {place}: {place}\n" for place in range(1, 502))
    with pytest.raises(Invalid, match="501 alternatives; 500 is the most"):
        read_preflib(many, "soi", "ranked")
    monkeypatch.setattr(files, "MAXIMUM_MARKS", 5)
    with pytest.raises(Invalid, match="with 3 alternatives, 1 is the most"):
        orders("1: 1\n1: 2\n")
    monkeypatch.setattr(files, "MAXIMUM_CHARACTERS", 50)
    with pytest.raises(Invalid, match="too large"):
        orders("1: 1\n")


@given(st.text(alphabet="#: {},123ABENALTRIV\n\t", max_size=60), st.sampled_from(files.PREFLIB))
def test_no_text_breaks_the_reading(text: str, kind: str) -> None:
    refusal = "none"
    try:
        count("ranked", orders(text, kind).marks)
    except Invalid as error:
        refusal = error.message
    assert refusal


# Sheets of paper ballots.


def sheet(text: str, method: str, **more: Any) -> files.Ballots:
    return read_sheet(read_table(text.encode()), method, **more)


def test_a_sheet_has_an_option_in_each_column_and_a_ballot_in_each_row() -> None:
    found = sheet("Bench,Lamp,Ballots,Group\n5,,3,carer\n0,4,,\n,2,1, elected \n", "score")
    assert found.options == ("Bench", "Lamp")
    assert found.marks.tolist() == [[5, -1], [0, 4], [-1, 2]]
    assert found.marks.dtype == np.int8
    assert (found.weights.tolist(), found.groups) == ([3, 1, 1], ("carer", None, "elected"))


def test_on_paper_an_x_is_a_yes_and_ranks_may_skip() -> None:
    assert sheet("Bench,Lamp\nx,\nX,1\n,0\n", "approval").marks.tolist() == [[1, -1], [1, 1], [-1, 0]]
    assert sheet("A,B,C\n4,1,4\n".replace("4", "3"), "ranked").marks.tolist() == [[2, 1, 2]]
    assert sheet("A,B\n300,1\n", "dots").marks.tolist() == [[300, 1]]


def test_an_option_called_group_is_counted_if_somebody_says_so_and_never_dropped_in_silence() -> None:
    text = "Bench,Group\n1,1\n0,1\n"
    with pytest.raises(Invalid, match=r"“Group” holds nothing but marks.* say --group-column none"):
        sheet(text, "approval")
    with pytest.raises(Invalid, match="holds nothing but marks"):
        sheet("Bench,Group\n1,\n", "approval")
    assert sheet(text, "approval", columns={"group": "none"}).options == ("Bench", "Group")
    named = sheet(text, "approval", columns={"group": "group"})
    assert (named.options, named.groups) == (("Bench",), ("1", "1"))
    other = sheet("Who,Bench,Group\ncarer,1,0\n", "approval", columns={"group": "who"})
    assert (other.options, other.groups) == (("Bench", "Group"), ("carer",))
    times = sheet("Bench,Ballots\n5,3\n", "score", columns={"ballots": "none"})
    assert (times.options, times.weights.tolist()) == (("Bench", "Ballots"), [1])
    with pytest.raises(Invalid, match="There is no column “Crowd”, only Bench, Group"):
        sheet(text, "approval", columns={"group": "Crowd"})


@pytest.mark.parametrize("yes", ["TRUE", "true", "✓", "✔", "✔\ufe0f", "x", "X", "×", "1", "☑"])
@pytest.mark.parametrize("no", ["FALSE", "0", "☐", "no"])
def test_a_tick_a_cross_and_a_truth_are_a_yes(yes: str, no: str) -> None:
    assert sheet(f"Bench,Lamp\n{yes},{no}\n", "approval").marks.tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("text", "ballots"),
    [("Ramp,Lamp\n3,\n,\n,4\n\n", 3), ('Ramp\n3\n""\n\n', 2), ("Ramp,Lamp\n  \n3,1\n", 1)],
)
def test_a_row_without_a_mark_is_an_abstention_and_an_empty_line_is_none(text: str, ballots: int) -> None:
    found = read_sheet(read_table(text.encode(), keeps_blank_rows=True), "score")
    assert len(found.marks) == ballots


@pytest.mark.parametrize(
    ("text", "method", "said"),
    [
        ("A,B\n1,0\n1,two\n", "approval", "Row 3: “two” under “B” is not a whole number"),
        ("A,B\n9,0\n", "score", "Row 2: A score goes from 0 to 5; yours says 9"),
        ("A,B\n6,5\n", "dots", "Row 2: You gave 11 dots and have 10"),
        ("A,ballots\n1,-2\n", "approval", "Row 2: “-2” under “ballots” is not a whole number from 0"),
        ("ballots,group\n1,a\n", "approval", "must name the options"),
    ],
)
def test_a_paper_ballot_nobody_could_have_cast_is_refused_with_the_row(
    text: str, method: str, said: str
) -> None:
    with pytest.raises(Invalid, match=said):
        sheet(text, method, budget=10)


# python -m lab tally


def tallied(path: Path, *options: str) -> dict[str, object]:
    outcome = CliRunner().invoke(application, ["tally", str(path), *options, "--format", "json"])
    assert outcome.exit_code == 0, outcome.stdout
    answer: dict[str, object] = json.loads(outcome.stdout)
    return answer


@pytest.fixture
def capitals(tmp_path: Path) -> Path:
    path = tmp_path / "capitals.soc"
    path.write_text(CAPITALS, encoding="utf-8")
    return path


def test_the_command_counts_a_file_by_name(capitals: Path) -> None:
    answer = tallied(capitals, "--method", "ranked")
    knoxville = "Knoxville: the third"
    assert answer["method"] == "ranked"
    assert answer["ballots"] == 100
    assert answer["options"] == ["Memphis", "Nashville", "Chattanooga", knoxville]
    assert answer["winners"] == ["Nashville"]
    assert answer["ranking"] == [["Nashville"], ["Chattanooga"], [knoxville], ["Memphis"]]
    assert answer["pairwise"]["Nashville"] == {"Memphis": 58, "Chattanooga": 68, knoxville: 68}  # type: ignore[index]
    assert answer["rounds"][1] == {  # type: ignore[index]
        "counts": {"Memphis": 42, "Nashville": 26, knoxville: 32},
        "exhausted": 0,
        "eliminated": ["Nashville"],
        "tied": [],
    }


@pytest.mark.parametrize(
    ("way", "ranking"),
    [("schulze", "NCKM"), ("borda", "NCMK"), ("irv", "KMNC")],
)
def test_ranked_ballots_can_be_read_in_other_ways(capitals: Path, way: str, ranking: str) -> None:
    answer = tallied(capitals, "--method", way)
    assert [level[0][0] for level in answer["ranking"]] == list(ranking)  # type: ignore[attr-defined]
    assert answer["method"] == way


def test_the_command_counts_categories_and_sheets_and_needs_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:////nowhere/lab.db")
    categories, paper = tmp_path / "gyles.cat", tmp_path / "paper.csv"
    categories.write_text(GYLES, encoding="utf-8")
    paper.write_text("Bench,Lamp,ballots\n1,0,2\n0,1,2\n,,1\n", encoding="utf-8")
    assert tallied(categories, "--method", "approval")["winners"] == ["Bayrou"]
    assert tallied(categories, "--method", "majority_judgment")["winners"] == ["Bayrou"]
    tie = tallied(paper, "--method", "approval")
    assert (tie["winners"], tie["ranking"]) == (["Bench", "Lamp"], [["Bench", "Lamp"]])
    assert (tie["ballots"], tie["abstentions"], tie["rounds"]) == (5, 1, [])
    assert tie["pairwise"] == {"Bench": {"Lamp": 2}, "Lamp": {"Bench": 2}}


def test_the_command_prints_the_ranking(capitals: Path) -> None:
    outcome = CliRunner().invoke(
        application, ["tally", str(capitals), "--method", "borda", "--format", "csv"]
    )
    assert outcome.output.splitlines()[:3] == [
        "place,option,support,marked",
        "1,Nashville,194.0,100",
        "2,Chattanooga,173.0,100",
    ]


def test_the_command_says_what_a_reserved_heading_was_read_as(
    tmp_path: Path,
) -> None:
    paper = tmp_path / "paper.csv"
    paper.write_text("Bench,Lamp,Group\n1,0,carer\n0,1,\n", encoding="utf-8")

    def said(*options: str) -> tuple[int, str]:
        outcome = CliRunner().invoke(application, ["tally", str(paper), "--method", "approval", *options])
        return outcome.exit_code, outcome.output + outcome.stderr

    code, output = said()
    assert (code, "“Group” is read as whose ballots these are" in output) == (0, True)
    assert "--group-column none" in output
    assert "is read as" not in said("--group-column", "Group")[1]
    paper.write_text("Bench,Lamp,Group\n1,0,1\n0,1,\n", encoding="utf-8")
    assert said()[0] != 0
    assert said("--group-column", "none")[0] == 0
    assert tallied(paper, "--method", "approval", "--group-column", "none")["options"] == [
        "Bench", "Lamp", "Group",
    ]  # fmt: skip
