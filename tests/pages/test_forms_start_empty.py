"""No form proposes an answer that nobody gave.

Every field of every screen is read from its source. One that starts with a value of its own, not with that
of the record being edited, must be listed here with the reason.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from streamlit.testing.v1 import AppTest

import pages
from tests.sources import parsed

SCREENS: Final = Path(pages.__file__).parent
FIRST: Final = "the first"
"""What a list shows where nothing is said of its start."""
POSITION: Final = {
    "selectbox": ("index", 2, FIRST),
    "radio": ("index", 2, FIRST),
    "select_slider": ("value", 2, FIRST),
    "slider": ("value", 3, FIRST),
    "multiselect": ("default", 2, "None"),
    "segmented_control": ("default", None, "None"),
    "pills": ("default", None, "None"),
    "number_input": ("value", 3, FIRST),
    "checkbox": ("value", 1, "False"),
    "toggle": ("value", 1, "False"),
    "date_input": ("value", 1, "today"),
    "time_input": ("value", 1, "now"),
}
"""Of each kind of field: how its start is named, where it stands, and what it is where nothing is said."""

FILTER: Final = "filters what is shown; nothing is recorded"
CHOICE: Final = "which record is meant, or how to enter it; a command shows it before anything is kept"
RULE: Final = "a stated rule of the lab, shown in the field"
SETTING: Final = "how the product behaves, shown in the field"
NONE: Final = "the first entry is none"

ALLOWED: Final[dict[tuple[str, str], str]] = {
    ("administration/register.py", "name"): "what the columns of the file look like, to be corrected",
    ("administration/screen.py", "'Part of administration'"): FILTER,
    ("administration/access.py", "'Role'"): SETTING,
    ("administration/access.py", "'The sponsor they answer for'"): "the sponsor of the account being edited",
    ("administration/screen.py", "'Hours in any case'"): SETTING,
    ("administration/screen.py", "'Minutes without use'"): SETTING,
    ("backtest.py", "'From'"): FILTER,
    ("backtest.py", "'To'"): FILTER,
    ("board.py", "'As of'"): FILTER,
    ("board.py", "'Sponsor'"): FILTER,
    ("board.py", "'Place'"): FILTER,
    ("board.py", "'Form'"): FILTER,
    ("board.py", "'Risk'"): FILTER,
    ("parts/dialogs.py", "'Version'"): "of the record being edited; nobody sees it",
    ("parts/numbers.py", "'As of'"): FILTER,
    (
        "parts/vote_rounds.py",
        "'Options, in order'",
    ): "what the room put dots on, or all prototypes, to be struck out",
    ("parts/vote_rounds.py", "'Anonymity'"): SETTING,
    ("parts/vote_rounds.py", "'Dots for each voter'"): SETTING,
    ("parts/vote_rounds.py", "'Method'"): SETTING,
    ("parts/vote_rounds.py", "'Results'"): SETTING,
    ("parts/vote_rounds.py", "'Order on the phones'"): SETTING,
    ("portfolio.py", "'Level'"): FILTER,
    ("portfolio.py", "'Importance'"): FILTER,
    ("project/stakeholders.py", "'How many people it stands for'"): "a stakeholder is at least one person",
    ("project/recommendations.py", "'Days between news'"): RULE,
    ("project/replies.py", "'Show on the public page'"): "a reply is made to be read",
    ("project/screen.py", "'Stage'"): "the next stage, whose gate is shown below",
    ("project/stakeholders.py", "'Why'"): "the word for no reason given",
    ("risk/explanation.py", "'As of'"): FILTER,
    ("risk/flags.py", "'Look at it again by'"): RULE,
    ("risk/flags.py", "'Until'"): RULE,
    ("risk/screen.py", "'As of'"): FILTER,
    ("risk/week.py", "STEP_WORD[name].capitalize()"): RULE,
    ("vote/by_hand.py", "plain(option.title)"): "hands are counted from none",
    ("workshop/bar.py", "'Any block'"): CHOICE,
    ("workshop/console.py", "'Block'"): CHOICE,
    ("workshop/console.py", "'From'"): CHOICE,
    ("workshop/console.py", "'The vote'"): NONE,
    ("workshop/console.py", "plain(names[each])"): "a chosen note has one dot or more",
    ("workshop/agenda.py", "'The vote'"): NONE,
    ("parts/workshop_list.py", "'Agenda to start from'"): CHOICE,
    ("parts/workshop_list.py", "'Date'"): "the day a workshop is planned for; begun on another, it moves",
    ("workshop/bar.py", "'Word cloud'"): "what the wall shows now",
    ("workshop/quick_poll.py", "'Answers'"): CHOICE,
    ("workshop/list_of_ideas.py", "'From'"): CHOICE,
    ("workshop/list_of_ideas.py", "'Column with the ideas'"): CHOICE,
    ("workshop/bar.py", "'Signal at the end'"): "whether the room does now",
    ("workshop/bar.py", "'Hold notes'"): "whether the room holds them now",
}


def fields() -> Iterator[tuple[tuple[str, str], str]]:
    """Every field of a screen: where and what it is called, and what it starts with."""
    for path in sorted(SCREENS.rglob("*.py")):
        for call in ast.walk(parsed(path)):
            if not isinstance(call, ast.Call) or not call.args:
                continue
            here = path.relative_to(SCREENS).as_posix()
            if isinstance(call.func, ast.Attribute) and call.func.attr in POSITION:
                yield (here, ast.unparse(call.args[0])), start_of(call, call.func.attr)
            for keyword in call.keywords:  # a field of a described form: its argument, its label, its start
                if keyword.arg == "start" and len(call.args) > 1 and isinstance(call.args[1], ast.Constant):
                    yield (here, ast.unparse(call.args[1])), ast.unparse(keyword.value)


def start_of(call: ast.Call, kind: str) -> str:
    name, position, unsaid = POSITION[kind]
    for keyword in call.keywords:
        if keyword.arg == name:
            return ast.unparse(keyword.value)
    if position is not None and len(call.args) > position:
        return ast.unparse(call.args[position])
    return unsaid


RECORDS: Final = {"each", "plan", "shown", "kept", "head", "reply", "room", "test", "risk", "block", "flag"}


def is_of_the_record(start: str) -> bool:
    """Whether a field starts with what is recorded already, or empty where nothing is."""
    tree = ast.parse(start, mode="eval").body if start not in ("the first", "today", "now") else None
    if isinstance(tree, ast.IfExp):
        return is_of_the_record(ast.unparse(tree.body)) and ast.unparse(tree.orelse) in ("None", "''", "()")
    while isinstance(tree, ast.Attribute):
        tree = tree.value
    return isinstance(tree, ast.Name) and tree.id in RECORDS


OWN: Final = {
    ("parts/ballot_form.py", "title"),
    ("administration/screen.py", "'Time zone'"),
    ("parts/fields.py", "self.label"),
    ("parts/forms.py", "name"),
    ("parts/workshop_list.py", "'Begins at'"),
    ("parts/workshop_list.py", "'Invited'"),
    ("parts/workshop_list.py", "f'{label(group)}, hoped for'"),
    ("workshop/agenda.py", "'Raised by'"),
    ("workshop/agenda.py", "f'Kind of block {number + 1}'"),
    ("workshop/wrap_up.py", "'Which of those we know'"),
}
"""Fields that look up what is recorded already, and start empty without it."""


def test_no_field_of_a_screen_starts_with_an_answer_that_nobody_gave() -> None:
    answered = {
        where: start
        for where, start in fields()
        if start not in ("None", "''", "False", "()") and not is_of_the_record(start) and where not in OWN
    }
    assert {where: start for where, start in answered.items() if where not in ALLOWED} == {}


ACTS: Final = {
    ("project/expectations.py", "Recorded on (today when empty)"): "writing it down",
    ("project/recommendations.py", "Sent on (today when empty)"): "sending it",
    ("project/replies.py", "Told on (today when empty)"): "telling the people",
}
"""Days that may stay empty because pressing the button does it: the label says that it is today then."""


def days() -> Iterator[tuple[tuple[str, str], dict[str, str]]]:
    """Every day that a described form asks for: where and what it is called, and what else is said of it."""
    for path in sorted(SCREENS.rglob("*.py")):
        for call in ast.walk(parsed(path)):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Day":
                here = path.relative_to(SCREENS).as_posix()
                asked = {each.arg or "": ast.unparse(each.value) for each in call.keywords}
                yield (here, ast.unparse(call.args[1]).strip("'\"")), asked


def test_the_day_of_what_happened_is_asked_for_and_never_taken_to_be_today() -> None:
    past = {where: asked for where, asked in days() if "time" not in asked}
    assert len(past) >= 10
    assert {where for where, asked in past.items() if asked.get("needed") != "True"} == set()
    assert {where for where, asked in days() if asked.get("time") == "'act'"} == set(ACTS)


def test_the_fields_that_screens_share_start_without_an_answer() -> None:
    def script() -> None:
        from pages.parts import forms

        forms.one_word("Group", ("carer", "community"), key="required")
        forms.one_word("Mode", ("consumer",), optional=True, key="optional")
        forms.one_to_five("Importance", key="importance")
        forms.yes_or_no("Was the sponsor there?", key="sponsor")

    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception
    assert (app.selectbox(key="required").value, app.selectbox(key="optional").value) == (None, None)
    assert app.radio(key="sponsor").value is None
    assert app.button_group(key="importance").value in (None, [])


def test_the_list_of_fields_with_a_start_of_their_own_is_up_to_date() -> None:
    known = {where for where, _ in fields()}
    assert (set(ALLOWED) | OWN) - known == set()
