"""Votes that choose nothing, or hardly anything: by every method, on every surface as it is served."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import PropertyMock, patch

import pytest
import streamlit as st
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from db.engine import Database
from db.models import VoteRound, Workshop
from lab.access.rights import Actor
from lab.projects.commands import start_project
from lab.prototypes.commands import make_prototype
from lab.voting.commands import close_round, enter_paper_ballot, make_round, open_round
from lab.voting.counting.sums import NO_MARK
from lab.voting.methods.registry import method_names
from lab.workshops.after.commands import confirm
from lab.workshops.after.proposal import WrapUpChoices
from lab.workshops.plan.agendas import Block
from lab.workshops.plan.commands import plan_workshop
from lab.workshops.room.commands import begin, end_workshop
from tests.boards import signed_in
from tests.cli.running import lab
from tests.conftest import NOW
from tests.web.conftest import phone as phone

ENTRY = Path(__file__).with_name("result_entry.py")
NAMES = ("Bench", "Lamp", "Bus")
MOST = {"approval": 1, "score": 5, "ranked": 1, "dots": 3, "majority_judgment": 5}
CASES = {
    "no ballots": "Nobody has voted, so nothing is chosen.",
    "all blank": "3 ballots came in, none with a mark, so nothing is chosen.",
    "all zero": "No option has any support on 12 ballots, so none is chosen.",
    "all tied": "All 3 options are tied",
    "four ballots": "With only 4 ballots that says little.",
    "nine ballots": "With only 9 ballots that says little.",
    "near tie": "that is close, so do not call it decided.",
}
NO_WINNER = ("no ballots", "all blank", "all zero")


def ballots(method: str, case: str) -> list[tuple[int, ...]]:
    blank, most = (NO_MARK,) * 3, MOST[method]
    bench, lamp = ((1, 2, 2), (2, 1, 2)) if method == "ranked" else ((most, 0, 0), (0, most, 0))
    return {
        "no ballots": [],
        "all blank": [blank] * 3,
        "all zero": [(0, 0, 0)] * 12,
        "all tied": [(1, 1, 1)] * 12,
        "four ballots": [bench] * 4,
        "nine ballots": [bench] * 9,
        "near tie": [bench] * 13 + [lamp] * 12,
    }[case]


TABLE = [
    (method, case)
    for method in method_names()
    for case in CASES
    if (method, case) != ("ranked", "all zero")  # a ranking has no 0
]


@dataclass(frozen=True)
class Held:
    """Every case by every method: rounds with their codes, and the workshops' codes."""

    rounds: dict[tuple[str, str], tuple[uuid.UUID, str]]
    workshops: tuple[str, ...]


@pytest.fixture
def held(database: Database, facilitator: Actor) -> Held:
    with database.writing() as session:
        project = start_project(session, facilitator, title="Letters", challenge="Why?", now=NOW)
        options = [
            (make_prototype(session, facilitator, project, title=title, fidelity="paper", now=NOW), "")
            for title in NAMES
        ]
        keys = {
            (method, case): make_round(
                session, facilitator, project, question=f"{method}, {case}?", method=method, options=options,
                budget=3, now=NOW,
            )
            for method, case in TABLE
        }  # fmt: skip
        half, codes = len(TABLE) // 2, []
        for some in (TABLE[:half], TABLE[half:]):
            blocks = [
                Block("vote", f"{method}, {case}", 1, round_id=keys[method, case]) for method, case in some
            ]
            workshop = plan_workshop(
                session, facilitator, project, title="Votes", held_on=NOW.date(), blocks=blocks, now=NOW
            )
            begin(session, facilitator, workshop, now=NOW)
            for pair in some:
                open_round(session, facilitator, keys[pair], NOW)
                for marks in ballots(*pair):
                    enter_paper_ballot(session, facilitator, keys[pair], marks=marks, now=NOW)
                close_round(session, facilitator, keys[pair], now=NOW)
            end_workshop(session, facilitator, workshop, now=NOW)
            choices = WrapUpChoices(hear_by=NOW.date() + dt.timedelta(days=14))
            confirm(session, facilitator, workshop, choices, now=NOW)
            codes.append(session.get_one(Workshop, workshop).code)
        of_round = {pair: (key, session.get_one(VoteRound, key).code) for pair, key in keys.items()}
    return Held(of_round, tuple(codes))


def words_of(page: str) -> str:
    """What a page says, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.mark.slow
def test_wall_phone_public_page_and_report_say_what_is_true(phone: TestClient, held: Held) -> None:
    wrong = []
    reports = "".join(phone.get(f"/j/{code}/report").text for code in held.workshops)
    texts = "".join(phone.get(f"/j/{code}/report.md").text for code in held.workshops).replace("\\", "")
    for (method, case), (key, code) in held.rounds.items():
        pages = {place: phone.get(place).text for place in (f"/j/{code}/wall", f"/j/{code}", f"/v/{key}")}
        pages["report"] = reports.partition(f">{method}, {case}?<")[2].partition("</li>")[0]
        pages["report.md"] = texts.partition(f"- {method}, {case}?")[2].partition("\n")[0]
        for surface, page in pages.items():
            said = words_of(page)
            if CASES[case] not in said:
                wrong.append((method, case, surface, said[:600]))
            if case in NO_WINNER and ("<ol" in page or "leads" in page or ">tied<" in page):
                wrong.append((method, case, surface, "calls something a winner"))
    assert not wrong, wrong


@pytest.mark.slow
def test_the_labs_screen_says_what_is_true(
    database: Database, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url)
    cookies = PropertyMock(return_value={"lab_session": signed_in(database, "Ines Calder")})
    app = AppTest.from_file(str(ENTRY), default_timeout=300)
    wrong = []
    with patch.object(type(st.context), "cookies", cookies):
        for (method, case), (key, _) in held.rounds.items():
            app.query_params["round"] = str(key)
            app.run()
            assert not app.exception
            said = " ".join(each.value for each in [*app.markdown, *app.info, *app.caption]).replace("\\", "")
            if CASES[case] not in said:
                wrong.append((method, case, said))
            ranks = [str(rank) for table in app.dataframe for rank in table.value.get("Rank", ())]
            if case in NO_WINNER and (
                "leads" in said or "winner" in said or any("1" in rank for rank in ranks)
            ):
                wrong.append((method, case, "calls something a winner", ranks))
    assert not wrong, wrong


@pytest.mark.slow
def test_record_and_command_line_say_what_is_true(phone: TestClient, held: Held, tmp_path: Path) -> None:
    wrong = []
    record, sheet = tmp_path / "record.json", tmp_path / "ballots.csv"
    for (method, case), (key, _) in held.rounds.items():
        record.write_bytes(phone.get(f"/v/{key}/record.json").content)
        verified = lab("", "verify", str(record), "--format", "json")
        assert verified.returncode == 0, verified.stderr
        rows = [["" if mark == NO_MARK else str(mark) for mark in row] for row in ballots(method, case)]
        sheet.write_text("".join(",".join(row) + "\n" for row in [list(NAMES), *rows]), encoding="utf-8")
        arguments = ("tally", str(sheet), "--method", method, "--budget", "3")
        tallied = json.loads(lab("", *arguments, "--format", "json").stdout)
        table = lab("", *arguments, "--format", "table").stdout if case in NO_WINNER else CASES[case]
        sentence = json.loads(verified.stdout)["sentence"]
        for surface, said in (("verify", sentence), ("tally", tallied["sentence"]), ("table", table)):
            if CASES[case] not in said:
                wrong.append((method, case, surface, said))
        winners = [] if case in NO_WINNER else list(NAMES) if case == "all tied" else ["Bench"]
        if tallied["winners"] != winners or (case in NO_WINNER and re.search(r"(?m)^1 ", table)):
            wrong.append((method, case, "winners", tallied["winners"], table))
    assert not wrong, wrong


@pytest.mark.parametrize("method", method_names())
def test_a_file_with_one_option_has_nothing_to_choose_between(method: str, tmp_path: Path) -> None:
    (sheet := tmp_path / "ballots.csv").write_text("Bench\n" + "1\n" * 12, encoding="utf-8")
    told = lab("", "tally", str(sheet), "--method", method, "--budget", "3").stdout
    assert "“Bench” was the only option, so there was nothing to choose between" in told
    assert "others" not in told
