"""After a workshop: one screen that proposes what to keep, and one button that keeps it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import streamlit as st

from db.words import COUNTED_GROUPS, INFLUENCES, NOTE_KINDS, SAID_BACK, WITHIN_POWER
from lab.access.rights import Actor
from lab.foundation import clock
from lab.foundation.text import quantity, shortened, spoken
from lab.lifecycle.queries import news_of_project
from lab.workshops.after.commands import add_promise, confirm, keep_draft
from lab.workshops.after.preview import to_write, what_was_heard
from lab.workshops.after.proposal import Mark, Proposal, Proposed, WrapUpChoices, proposal
from lab.workshops.after.queries import kept
from lab.workshops.after.undoing import may_undo, undo
from pages.parts import addresses, forms, shell
from pages.parts.addresses import TAB_OF
from pages.parts.plain import Markdown, plain
from pages.parts.shell import label

LINKS_SHOWN: Final = 10
"""Records of a kind that are linked at once."""
WRITTEN: Final = {
    "chosen_idea": ("chosen idea",),
    "expectation": ("expectation",),
    "foreseen_risk": ("foreseen risk",),
    "recommendation": ("recommendation to somebody who promised", "recommendations to those who promised"),
}
"""What a preview counts, in words."""
KINDS: Final = {
    "expectation": ("Expectations", ("In our power", "Said back", "Importance", "By when")),
    "idea": ("Ideas", ("Dots", "Chosen")),
    "worry": ("Worries", ("About prototype",)),
    "promise": ("Promises", ("Promised by", "By when")),
    "decision": ("Decisions", ()),
}
"""The columns of each kind's table."""


def render(actor: Actor, workshop_id: uuid.UUID) -> None:
    """The wrap-up form of a workshop that has ended, or what was kept; nothing for people who can't run
    workshops."""
    if not actor.may("workshop.run"):
        return
    with shell.reading() as session:
        found = proposal(session, actor, workshop_id)
    if found.state == "wrapped_up":
        _kept(actor, workshop_id, found)
    elif found.state == "ended":
        _proposed(workshop_id, found)


def _proposed(workshop_id: uuid.UUID, found: Proposal) -> None:
    # edits are compared with the proposal as first shown, because each one is saved at once
    shown: Proposal = st.session_state.setdefault(f"wrap_up.shown.{workshop_id}", found)
    st.subheader("What do we keep?", anchor=False)
    hidden = f" {shown.hidden} hidden and left out." if shown.hidden else ""
    st.caption(
        f"{quantity(len(shown.notes), 'note')}. Every one is kept as a contribution; say here what else it "
        f"is.{hidden} What you change is saved as you go; only you and your co-hosts see it."
    )
    if new := _changes_since(shown, found):
        st.warning(f"The board has changed since this was drawn: {new}. Look at it before you keep it all.")
        if st.button("Show it", key=f"wrap_up.{workshop_id}.again"):
            _look_again(workshop_id)
            st.rerun()
    marks = _marks(workshop_id, shown)
    with st.expander("Add a promise: who, what, by when"):
        _promise(workshop_id)
    people, came = _who_came(workshop_id, shown)
    sponsor_present, chaired_by, actual = _how_it_was(workshop_id, shown)
    st.subheader("What we tell those who took part", anchor=False)
    key = f"wrap_up.{workshop_id}"
    draft = "" if shown.heard else what_was_heard(shown.notes, shown.votes)
    heard = st.text_area(
        "What we heard",
        shown.heard or draft,
        max_chars=4000,
        height=160,
        help="Drafted from the clusters, the dots and the votes. Make it yours." if draft else None,
        key=f"{key}.heard",
    )
    what_next = st.text_area("What happens next", shown.what_next, max_chars=4000, key=f"{key}.next")
    hear_by = st.date_input(
        "You will hear from us by",
        shown.hear_by,
        min_value=min(shell.today(), shown.hear_by or shell.today()),
        key=f"{key}.hear_by",
    )
    day = hear_by if isinstance(hear_by, dt.date) else None
    choices = WrapUpChoices(
        day, heard, what_next, marks, people, came, sponsor_present, chaired_by, actual,
        frozenset(note.id for note in shown.notes),
    )  # fmt: skip
    _save_draft(workshop_id, shown, choices)
    _preview(shown, choices)
    if not st.button("Keep all this", type="primary", disabled=bool(new), key=f"{key}.keep"):
        return
    if shell.perform(confirm, workshop_id, choices, refresh="answer"):
        shell.done("All is kept, and the report is open to those who took part.")


def _changes_since(shown: Proposal, found: Proposal) -> Markdown:
    """How the board differs from the one that is shown, in words; empty if it does not."""
    before, after = {each.id for each in shown.notes}, {each.id for each in found.notes}
    more, fewer = quantity(len(after - before), "new note"), quantity(len(before - after), "note")
    return " and ".join([more] * bool(after - before) + [f"{fewer} gone from it"] * bool(before - after))


def _look_again(workshop_id: uuid.UUID) -> None:
    """Draw the board as it is now."""
    look = f"wrap_up.look.{workshop_id}"
    st.session_state[look] = st.session_state.get(look, 0) + 1
    for name in ("shown", "saved"):
        st.session_state.pop(f"wrap_up.{name}.{workshop_id}", None)


def _promise(workshop_id: uuid.UUID) -> None:
    """A row for a promise that is on no note."""
    key = f"wrap_up.{workshop_id}.promise"
    with st.form(key, clear_on_submit=True, border=False):
        columns = st.columns([2, 4, 2])
        who = columns[0].text_input("Who", placeholder="Empty: the lab", max_chars=200, key=f"{key}.who")
        what = columns[1].text_input("Does what", max_chars=500, key=f"{key}.what")
        by = columns[2].date_input("By when", None, key=f"{key}.by")
        if not st.form_submit_button("Add it") or not (who.strip() or what.strip()):
            return
    day = by if isinstance(by, dt.date) else None
    if shell.perform(add_promise, workshop_id, who=who, what=what, by=day):
        _look_again(workshop_id)
        st.rerun()


def _marks(workshop_id: uuid.UUID, shown: Proposal) -> dict[uuid.UUID, Mark]:
    """The notes as tables, one for each kind. Returns the changes."""
    if not shown.notes:
        st.info("Nothing was written on the board.")
    changed: dict[uuid.UUID, Mark] = {}
    for kind, (heading, names) in KINDS.items():
        notes = [each for each in shown.notes if each.mark.kind == kind]
        if notes:
            st.markdown(f"**{heading}** · {len(notes)}")
            changed |= _table(workshop_id, shown, kind, notes, names)
    return changed


def _table(
    workshop_id: uuid.UUID, shown: Proposal, kind: str, notes: Sequence[Proposed], names: Sequence[str]
) -> dict[uuid.UUID, Mark]:
    prototypes = {
        key: f"{number}. {shortened(title, 60)}" for number, (key, title) in enumerate(shown.prototypes, 1)
    }
    named = (note.mark.promised_by for note in shown.notes if note.mark.promised_by)
    column = st.column_config
    columns = {
        "Note": column.TextColumn(disabled=True, width=300),
        "From": column.TextColumn(disabled=True, width="small"),
        "What it is": column.SelectboxColumn(options=_labels(NOTE_KINDS), required=True, width="small"),
        "Dots": column.NumberColumn(disabled=True, width="small", help="Put on it in the room"),
        "Chosen": column.CheckboxColumn(help="An idea to be prototyped", width="small"),
        "Importance": column.NumberColumn(
            min_value=1, max_value=5, step=1, width="small", help="1 to 5; empty where nobody said"
        ),
        "In our power": column.SelectboxColumn(
            options=_labels(WITHIN_POWER), width="small", help="Empty where nobody said"
        ),
        "Said back": column.SelectboxColumn(options=_labels(SAID_BACK), width="small"),
        "By when": column.DateColumn(help="Hoped for, or promised for", width="small"),
        "About prototype": column.SelectboxColumn(
            options=list(prototypes.values()), help="Empty: about the project as a whole"
        ),
        "Promised by": column.SelectboxColumn(
            options=list(dict.fromkeys([*shown.sponsors, *named])),
            help="Empty: by the lab. A name without a day: still to be asked.",
        ),
    }
    edited = st.data_editor(
        [_row(note, names, prototypes) for note in notes],
        key=f"wrap_up.{workshop_id}.{kind}.{st.session_state.get(f'wrap_up.look.{workshop_id}', 0)}",
        hide_index=True,
        num_rows="fixed",
        width="stretch",
        height=min(450, 38 + 35 * len(notes)),
        column_config=columns,
        placeholder="not said",
    )
    marks = {note.id: _mark(note, row, prototypes) for note, row in zip(notes, edited, strict=True)}
    return {note.id: marks[note.id] for note in notes if marks[note.id] != note.mark}


def _row(note: Proposed, names: Sequence[str], prototypes: Mapping[uuid.UUID, str]) -> dict[str, Any]:
    mark = note.mark
    cells = {
        "Dots": note.dots,
        "Chosen": mark.chosen,
        "Importance": mark.importance,
        "In our power": label(mark.within_power) if mark.within_power else None,
        "Said back": label(mark.said_back) if mark.said_back else None,
        "By when": mark.day,
        "About prototype": prototypes.get(mark.prototype_id) if mark.prototype_id else None,
        "Promised by": mark.promised_by or None,
    }
    return {
        "Note": note.text,
        "From": _from(note.group, note.voices),
        **{name: cells[name] for name in names},
        "What it is": label(mark.kind),
    }


def _mark(note: Proposed, row: Mapping[str, Any], prototypes: Mapping[uuid.UUID, str]) -> Mark:
    """The marks in a row; those without a column in its table stay unchanged."""
    said: dict[str, Any] = {"kind": _word(row["What it is"], NOTE_KINDS) or note.mark.kind}
    for name, value in row.items():
        match name:
            case "Chosen":
                said["chosen"] = bool(value)
            case "Importance":
                said["importance"] = int(value) if value else None
            case "In our power":
                said["within_power"] = _word(value, WITHIN_POWER)
            case "Said back":
                said["said_back"] = _word(value, SAID_BACK)
            case "By when":
                said["day"] = dt.date.fromisoformat(value[:10]) if isinstance(value, str) else value
            case "About prototype":
                said["prototype_id"] = _key(value, prototypes)
            case "Promised by":
                said["promised_by"] = value or ""
    return replace(note.mark, **said)


def _labels(words: Sequence[str]) -> list[str]:
    return [label(word) for word in words]


def _word(said: str | None, words: Sequence[str]) -> str | None:
    return next((word for word in words if said and label(word) == said), None)


def _key(said: str | None, names: Mapping[uuid.UUID, str]) -> uuid.UUID | None:
    return next((key for key, name in names.items() if said and name == said), None)


def _who_came(workshop_id: uuid.UUID, shown: Proposal) -> tuple[dict[str, int], dict[uuid.UUID, bool]]:
    st.subheader("Who came", anchor=False)
    rows: list[dict[str, Any]] = [
        {"Group": label(group), "People": shown.people.get(group, 0)} for group in COUNTED_GROUPS
    ]
    edited = st.data_editor(
        rows,
        key=f"wrap_up.{workshop_id}.people",
        hide_index=True,
        num_rows="fixed",
        column_config={
            "Group": st.column_config.TextColumn(disabled=True),
            "People": st.column_config.NumberColumn(min_value=0, max_value=100_000, step=1),
        },
    )
    people = {group: int(row["People"] or 0) for group, row in zip(COUNTED_GROUPS, edited, strict=True)}
    names = dict(shown.known)
    came = st.multiselect(
        "Which of those we know",
        list(names),
        [key for key in names if key in shown.came],
        format_func=lambda key: names[key],
        key=f"wrap_up.{workshop_id}.came",
    )
    return people, dict.fromkeys(came, True)


def _how_it_was(workshop_id: uuid.UUID, shown: Proposal) -> tuple[bool | None, str, str | None]:
    key = f"wrap_up.{workshop_id}"
    present = forms.yes_or_no("Was the sponsor there?", shown.sponsor_present, key=f"{key}.sponsor")
    chair = st.text_input("Who chaired", shown.chaired_by, max_chars=200, key=f"{key}.chair")
    declared = f" (declared: {label(shown.declared_influence).lower()})" if shown.declared_influence else ""
    actual = forms.one_word(
        f"What taking part did change{declared}",
        INFLUENCES,
        shown.actual_influence,
        optional=True,
        key=f"{key}.influence",
    )
    return present, chair, actual


def _save_draft(workshop_id: uuid.UUID, shown: Proposal, choices: WrapUpChoices) -> None:
    saved = f"wrap_up.saved.{workshop_id}"
    if st.session_state.setdefault(saved, choices) == choices:
        return
    if not shell.perform(keep_draft, workshop_id, choices):
        return
    st.session_state[saved] = choices
    kinds = {note.id: note.mark.kind for note in shown.notes}
    if any(mark.kind != kinds[key] for key, mark in choices.marks.items()):
        # the note's kind changed, so it moves to another table
        _look_again(workshop_id)
        st.rerun()


def _preview(shown: Proposal, choices: WrapUpChoices) -> None:
    """What will be written, from whom, and what nobody said: that stays empty."""
    records = to_write(shown, choices)
    st.subheader("What will be written", anchor=False)
    counted = Counter(each.kind for each in records)
    also = "".join(
        f" · {quantity(counted[kind], *names)}" for kind, names in WRITTEN.items() if counted[kind]
    )
    came = sum(choices.people.values())
    st.markdown(
        f"{quantity(len(shown.notes), 'note')}{also} · {quantity(came, 'person', 'people')} who came. "
        "Nothing is written until you keep it, and for ten minutes afterwards you can undo it."
    )
    if not records:
        return
    with st.expander("One by one", expanded=len(records) <= LINKS_SHOWN):
        st.dataframe(
            [
                {
                    "Becomes": label(each.kind),
                    "Words": each.words,
                    "From": _from(each.group, each.voices),
                    "Not said, so left empty": ", ".join(each.empty),
                }
                for each in records
            ],
            hide_index=True,
            width="stretch",
        )


def _from(group: str | None, voices: int) -> str:
    who = label(group) if group else ""
    return " · ".join(filter(None, (who, f"{voices} notes" if voices > 1 else "")))


def _undo(workshop_id: uuid.UUID, found: Proposal) -> None:
    """The way back, while it is open."""
    if not may_undo(found.wrapped_up_at, clock.now()):
        return
    if st.button(
        "Undo the wrap-up",
        key=f"wrap_up.{workshop_id}.undo",
        help="For ten minutes: takes back all that was written. The board and your words stay.",
    ) and shell.perform(undo, workshop_id, refresh="answer"):
        for name in ("shown", "saved"):
            st.session_state.pop(f"wrap_up.{name}.{workshop_id}", None)
        shell.done("The wrap-up is undone. Nothing of it is on record any more.")


def _kept(actor: Actor, workshop_id: uuid.UUID, found: Proposal) -> None:
    with shell.reading() as session:
        records = kept(session, actor, workshop_id)
        news_by = news_of_project(session, actor, found.project_id, as_of=shell.today()).by
    st.subheader("What was kept", anchor=False)
    until = f" They hear from you by **{spoken(news_by)}**." if news_by else ""
    st.markdown(
        f"{quantity(len(found.notes), 'note is a contribution', 'notes are contributions')} now.{until}"
    )
    _undo(workshop_id, found)
    st.link_button("The report to those who took part", f"/j/{found.code}/report")
    for kind, heading in (
        ("contribution", "Chosen ideas"),
        ("expectation", "Expectations"),
        ("foreseen_risk", "Foreseen risks"),
        ("recommendation", "Recommendations"),
    ):
        own = [each for each in records if each.kind == kind]
        if not own:
            continue
        with st.expander(f"{heading} ({len(own)})", expanded=len(own) <= LINKS_SHOWN):
            for each in own:
                if st.button(
                    plain(shortened(each.words, 80)), key=f"wrap_up.kept.{each.id}", type="tertiary"
                ):
                    addresses.open_project(found.project_id, TAB_OF[kind], each.id)
