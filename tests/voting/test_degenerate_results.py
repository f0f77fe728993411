"""Votes that choose nothing, or hardly anything, say so: by every method and wherever a result is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab.exchange.tables import read_table
from lab.foundation.errors import Invalid
from lab.voting.counting.sums import NO_MARK
from lab.voting.files import plain_count, read_preflib, read_sheet
from lab.voting.methods.registry import method_named, method_names
from lab.voting.record import Cast
from lab.voting.results import result_of
from lab.voting.tally import count
from lab.voting.words import said_aloud
from lab.web.pages import templates
from tests.cli.running import lab

NAMES = ["Bench", "Lamp", "Bus"]
BLANK, ZERO = (NO_MARK,) * 3, (0, 0, 0)


def rows(case: str, method: str) -> list[tuple[int, ...]]:
    level = (1, 1, 1)
    none = BLANK if method == "ranked" else ZERO
    return {
        "no ballots": [], "all blank": [BLANK] * 2, "all zero": [none] * 6, "all tied": [level] * 6,
        "four ballots": [(1, 2, 2) if method == "ranked" else (1, 0, 0)] * 4,
    }[case]  # fmt: skip


SAID = {
    "no ballots": "Nobody has voted, so nothing is chosen.",
    "all blank": "2 ballots came in, none with a mark, so nothing is chosen.",
    "all zero": "No option has any support on 6 ballots, so none is chosen.",
    "all tied": "All 3 options are tied",
    "four ballots": "With only 4 ballots that says little.",
}


@pytest.mark.parametrize("method", method_names())
@pytest.mark.parametrize("case", SAID)
def test_what_is_true_is_said_of_a_degenerate_result_in_the_sentence_the_count_and_the_bars(
    case: str, method: str
) -> None:
    ballots = rows(case, method)
    marks = np.array(ballots, dtype=np.int8).reshape(-1, 3)
    found = count(method, marks, budget=3)
    expected = SAID["all blank"].replace("2", "6") if ballots == [BLANK] * 6 else SAID[case]
    assert expected in said_aloud(found, NAMES)
    winners = {"all tied": NAMES, "four ballots": ["Bench"]}.get(case, [])
    told = plain_count(found, NAMES)
    assert told["winners"] == winners
    if not winners:
        assert told["disagreements"] == []
        assert not any(told["beside"].values())
    if not ballots:
        return
    result = result_of(
        method,
        3,
        NAMES,
        [Cast(each, None, "phone", 1) for each in ballots],
        blank_means=method_named(method).blank_means,
    )
    assert expected in result.sentence
    assert expected in result.headline
    room: dict[str, Any] = {"state": "closed"}
    page = templates.get_template("bars.html").render(result=result, room=room)
    assert expected in page
    assert ("<ol" in page) == bool(winners)
    assert page.count(">tied<") == {"all tied": 3, "four ballots": 2}.get(case, 0)


@pytest.mark.parametrize("method", method_names())
def test_a_single_option_has_nothing_to_beat(method: str) -> None:
    said = said_aloud(count(method, np.ones((6, 1), dtype=np.int8), budget=3), ["Bench"])
    assert said.startswith("“Bench” was the only option, so there was nothing to choose between")


@pytest.mark.parametrize("method", method_names())
def test_every_method_says_on_the_ballot_what_a_blank_counts_as(method: str) -> None:
    said = method_named(method).instruction(5)
    assert "leave out" in said or "Dots you keep" in said


def test_common_ground_reads_out_the_share_that_stands_in_the_chart() -> None:
    ballots = [Cast((1, 0, 0), "carer", "phone", 1)] * 7 + [Cast((0, 1, 0), "carer", "phone", 1)] * 3
    ballots += [Cast((1, 0, 0), "elected", "phone", 1)] * 10
    result = result_of("approval", 3, NAMES, ballots, blank_means="least")
    assert "70 % support in the group that likes it least (Carer)" in result.sentence
    assert result.options[0].least == ("carer", 0.7)
    assert result.options[0].common_ground == pytest.approx(7.5 / 11)
    assert [each.support[0] for each in result.groups] == [0.7, 1]


def test_a_blank_row_is_an_abstention_and_ticks_and_truths_are_read() -> None:
    table = read_table("Bench,Lamp\nx,\n,\nTRUE,false\n✓,no\n\n".encode(), keeps_blank_rows=True)
    ballots = read_sheet(table, "approval")
    assert ballots.marks.tolist() == [[1, -1], [-1, -1], [1, 0], [1, 0]]
    assert count("approval", ballots.marks).abstentions == 1


def test_a_header_that_announces_other_voters_than_the_file_holds_is_refused() -> None:
    names = "# ALTERNATIVE NAME 1: A\n# ALTERNATIVE NAME 2: B\n"
    text = f"# NUMBER ALTERNATIVES: 2\n# NUMBER VOTERS: 99\n{names}5: 1,2\n"
    with pytest.raises(Invalid, match=r"Line 2: it announces 99 voters, and the file holds 5\."):
        read_preflib(text, "soc", "ranked")
    assert read_preflib(text.replace("99", "5"), "soc", "ranked").weights.tolist() == [5]


def test_a_column_that_is_no_option_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "ballots.csv"
    path.write_text("Group,Bench\ncarer,x\n", encoding="utf-8")
    found = lab("", "tally", str(path), "--method", "approval")
    assert "The column “Group” is read as whose ballots these are, not as an option." in found.stderr
