"""The console of a running workshop: the bar, the board or the vote below it, and people without a phone."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import segno
import streamlit as st

from db.words import GROUPS, NOTE_KINDS
from lab.access.rights import Actor
from lab.engagements.rules import LONGEST_COMMENT
from lab.foundation.errors import LabError
from lab.foundation.text import quantity, shortened
from lab.pictures.apart import make_safe_apart
from lab.pictures.safe import MAX_BYTES, SafePicture
from lab.voting.queries import rounds_of
from lab.workshops.board import commands as board
from lab.workshops.board.rules import LONGEST_NOTE
from lab.workshops.plan.agendas import Block
from lab.workshops.plan.queries import Plan, PlannedBlock
from lab.workshops.plan.rules import TAKES
from lab.workshops.room import commands as room_commands
from lab.workshops.room import paper, photos
from lab.workshops.room import queries as room_queries
from lab.workshops.room.photos import PhotoFacts
from lab.workshops.room.votes import make_present_vote
from pages.components.note_board import note_board
from pages.parts import dialogs, forms, shell, vote_rounds, workshop_list
from pages.parts.dialogs import dialog
from pages.parts.plain import Markdown, plain
from pages.parts.shell import label
from pages.parts.vote_rounds import ForBlock
from pages.workshop import agenda, bar, list_of_ideas, quick_poll, wrap_up

_STYLE = Path(__file__).with_name("console.css")


def render(actor: Actor, plan: Plan) -> None:
    """The controls of a running workshop."""
    with shell.reading() as session:
        here = room_queries.standing(session, actor, plan.id)
    if here.place is None or here.place >= len(plan.blocks):
        st.rerun()  # another host ended it meanwhile
    block = plan.blocks[here.place]
    st.html(_STYLE)
    bar.live(plan, here.version)
    if block.block.kind == "vote" and block.block.round_id is None:
        _choose_vote(actor, plan, block.block)
    note_board.render(actor, plan.id)
    with forms.actions():
        st.link_button("Open the wall", f"/j/{plan.code}/wall")
        st.link_button("Run sheet", f"/w/{plan.id}/run-sheet")
        with st.popover("Remote on your phone"):
            _remote(plan)
        if dialogs.button("Quick poll", key="console.poll"):
            quick_poll.ask(plan)
        if dialogs.button("Put up a list", key="console.list"):
            list_of_ideas.put_up(plan, block)
        if dialogs.button("Photograph a flipchart", key="console.photo"):
            _photograph(plan, block)
        if dialogs.button("End the workshop", key="console.end"):
            _end(plan)
    with st.expander("People without a phone"):
        _paper(actor, plan, block)
    with st.expander("Change what is ahead"):
        agenda.rows(actor, plan, here.place + 1)
    _photos(actor, plan)


def _remote(plan: Plan) -> None:
    """The way to the remote, by a code to scan."""
    link = f"{shell.address()}/w/{plan.id}/remote"
    st.write("The bar above on your own phone. Scan the code and sign in there.")
    code = BytesIO()
    segno.make(link, error="m").save(code, kind="png", scale=5, border=3)
    st.image(code.getvalue(), width=220, alt="QR code to the remote")
    st.link_button("Open the remote", f"/w/{plan.id}/remote")


def over(actor: Actor, plan: Plan) -> None:
    """A workshop that has ended: wrap-up, board, and photos."""
    wrap_up.render(actor, plan.id)
    if dialogs.button("Duplicate the workshop", key="console.copy"):
        workshop_list.make(actor, plan.project_id, plan)
    if plan.state == "ended":
        if dialogs.button("Add a photo", key="console.photo") and plan.blocks:
            _photograph(plan, plan.blocks[-1])
        with st.expander("People without a phone"):
            _count(actor, plan)
        note_board.render(actor, plan.id)
    else:
        with st.expander("The board"):
            st.caption("It can be read, and is no longer changed.")
            note_board.render(actor, plan.id)
    _photos(actor, plan)


def _choose_vote(actor: Actor, plan: Plan, block: Block) -> None:
    """Choose the vote of a block whose vote was left open."""
    with shell.reading() as session:
        drafts = {
            each.id: each.question
            for each in rounds_of(session, actor, plan.project_id)
            if each.state == "draft"
        }
    with st.container(border=True, key="console-choose-vote"):
        st.markdown("**No vote is chosen for this part yet.** Phones say that it is being prepared.")
        chosen = st.selectbox(
            "The vote", list(drafts), format_func=lambda each: shortened(drafts[each], 70),
            placeholder="There is no draft. Make a vote first.", key=f"console.vote.chosen.{len(drafts)}",
        )  # fmt: skip
        with forms.actions():
            if st.button("Hold this vote", type="primary", disabled=not drafts, key="console.vote.hold"):
                bar.do(room_commands.choose_vote, plan.id, chosen)
            if dialogs.button("Make a vote", key="console.vote.make"):
                mine = ForBlock(plan.id, agenda.asked(block), make_present_vote)
                vote_rounds.make(actor, plan.project_id, mine)


@dialog("End the workshop")
def _end(plan: Plan) -> None:
    st.write("Phones can't hand in anything more. What was said waits for the wrap-up.")
    if st.button("End it", type="primary", key="console.end.sure") and shell.perform(
        room_commands.end_workshop, plan.id, refresh=plan.project_id
    ):
        shell.done("The workshop has ended.")


def _emptied(form: str) -> str:
    """The form's key. It changes after each entry, so that nothing is entered twice."""
    return f"{form}.{st.session_state.get(form, 0)}"


def _take_in(form: str, said: Markdown, command: Any, *arguments: Any, **typed: Any) -> None:
    if shell.perform(command, *arguments, **typed):
        st.session_state[form] = st.session_state.get(form, 0) + 1
        shell.done(said)


def _group(key: str) -> Any:
    return forms.one_word("Group", GROUPS, optional=True, key=f"{key}.group")


def _paper(actor: Actor, plan: Plan, block: PlannedBlock) -> None:
    note, count = st.columns(2, gap="large")
    with note:
        _note(plan, block)
    with count:
        _count(actor, plan)
    if block.block.kind == "dots":
        _dots(actor, plan, block)
    if block.block.kind == "pulse":
        _pulse(plan)


def _note(plan: Plan, block: PlannedBlock) -> None:
    st.markdown("**A note from paper**")
    key = _emptied("console.note")
    with st.form(key):
        words = st.text_area("What it says", max_chars=LONGEST_NOTE, key=f"{key}.words")
        kind = forms.one_word(
            "Kind", NOTE_KINDS, TAKES.get(block.block.kind, "idea"), key=f"{key}.kind.{block.id}"
        )
        group = _group(key)
        sent = st.form_submit_button("Put it up")
    if sent:
        _take_in(
            "console.note", "It is on the board.", board.write_note, plan.id, block_id=block.id,
            words=words, kind=kind, group=group, is_paper=True,
        )  # fmt: skip


def _count(actor: Actor, plan: Plan) -> None:
    with shell.reading() as session:
        now = room_queries.standing(session, actor, plan.id)
    st.markdown("**How many are here without a phone**")
    on_paper = {group: people for group, source, people in now.joined if source == "paper"}
    for group, people in on_paper.items():
        st.text(f"{label(group) if group else 'No group said'}: {people}")
    key = _emptied("console.count")
    with st.form(key):
        group = _group(key)
        number = st.number_input("People of this group, all of them", 0, 10_000, None, key=f"{key}.people")
        sent = st.form_submit_button("Count them")
    if sent:
        counted = forms.whole(number)
        _take_in("console.count", "Counted.", paper.count_in, plan.id, group=group, people=counted)


def _dots(actor: Actor, plan: Plan, block: PlannedBlock) -> None:
    with shell.reading() as session:
        notes = room_queries.notes_to_choose(session, actor, plan.id)
        sheets = room_queries.sheets_of(session, actor, block.id)
    names = forms.told_apart({key: shortened(words, 70) for key, words in notes})
    st.markdown("**One person's dots from paper**")
    key = _emptied("console.dots")
    chosen = st.multiselect(
        f"Notes with a dot, {quantity(block.block.dots, 'dot')} in all", list(names),
        max_selections=block.block.dots, format_func=names.__getitem__, key=f"{key}.notes",
    )  # fmt: skip
    dots = {
        each: int(st.number_input(plain(names[each]), 1, block.block.dots, 1,
                                  key=f"{key}.{each}"))
        for each in chosen
    }  # fmt: skip
    group = _group(key)
    if st.button("Count this sheet", key=f"{key}.sent"):
        _take_in(
            "console.dots", "Counted.", paper.enter_dots, plan.id, block_id=block.id, group=group, dots=dots
        )
    for sheet in sheets:
        words, undo = st.columns([5, 1], vertical_alignment="center")
        words.text(f"{label(sheet.group) if sheet.group else 'No group said'}: {quantity(sheet.dots, 'dot')}")
        if undo.button("Take back", key=f"console.sheet.{sheet.join_id}") and shell.perform(
            paper.take_back_dots, plan.id, block_id=block.id, join_id=sheet.join_id
        ):
            shell.done("Taken back.")


def _pulse(plan: Plan) -> None:
    st.markdown("**One person's pulse from paper**")
    key = _emptied("console.pulse")
    with st.form(key):
        trust = forms.one_to_five("I trust this will lead to something", key=f"{key}.trust")
        difference = forms.one_to_five("What I said made a difference", key=f"{key}.difference")
        comment = st.text_area("In their words", max_chars=LONGEST_COMMENT, key=f"{key}.comment")
        sent = st.form_submit_button("Count this answer")
    if sent:
        _take_in(
            "console.pulse", "Counted.", paper.enter_pulse, plan.id,
            trust=trust, difference=difference, comment=comment, refresh=plan.project_id,
        )  # fmt: skip


@dialog("Photograph a flipchart")
def _photograph(plan: Plan, block: PlannedBlock) -> None:
    blocks = {each.id: f"{each.place + 1}. {shortened(each.block.title, 60)}" for each in plan.blocks}
    block_id = st.selectbox(
        "Block", list(blocks), block.place, format_func=blocks.__getitem__, key="photo.block"
    )
    how = st.segmented_control("From", ["Files", "Camera"], default="Files", required=True, key="photo.how")
    if how == "Camera":
        taken = st.camera_input("The flipchart", key=forms.file_key("photo.camera"))
        files = [taken] if taken else []
    else:
        files = st.file_uploader(
            f"Photos (JPEG, PNG, WebP or HEIC, up to {MAX_BYTES // 1024**2} MB each)",
            ["jpg", "jpeg", "png", "webp", "heic", "heif"], accept_multiple_files=True,
            key=forms.file_key("photo.files"),
        )  # fmt: skip
    description = st.text_input(
        "What is on it, for those who cannot see it", max_chars=180, key="photo.description"
    )
    if not st.button("Add", type="primary", key="photo.add"):
        return
    if not files:
        st.error("Choose or take a photo first.")
        return
    pictures = _safe(files)
    if len(pictures) == len(files) and shell.perform(
        photos.add_photos, plan.id, pictures, block_id=block_id, description=description
    ):
        shell.done("The photo is added." if len(files) == 1 else f"{len(files)} photos are added.")


def _safe(files: Any) -> list[SafePicture]:
    pictures = []
    for file in files:
        try:
            pictures.append(make_safe_apart(file.getvalue(), filename=file.name))
        except LabError as refusal:
            shell.refuse(refusal)
    return pictures


def _photos(actor: Actor, plan: Plan) -> None:
    with shell.reading() as session:
        taken = photos.photos_of(session, actor, plan.id)
    if not taken:
        return
    st.subheader("Photos", anchor=False)
    for block in plan.blocks:
        theirs = [each for each in taken if each.block_id == block.id]
        if theirs:
            st.caption(f"{block.place + 1}. {plain(block.block.title)}")
            with st.container(horizontal=True):
                for photo in theirs:
                    _thumbnail(plan, photo)


def _thumbnail(plan: Plan, photo: PhotoFacts) -> None:
    with st.container(width=max(160, min(photo.width, 320)), key=f"photo-{photo.id}"):
        st.image(photo.thumbnail, caption=plain(photo.description), alt=photo.description)
        with forms.actions():
            st.link_button("Larger", f"/w/{plan.id}/photo/{photo.id}")
            if plan.state != "wrapped_up" and dialogs.button("Remove", key=f"photo.remove.{photo.id}"):
                _remove(photo)


@dialog("Remove the photo")
def _remove(photo: PhotoFacts) -> None:
    st.text(photo.description)
    st.write("This can't be undone.")
    if st.button("Remove for good", type="primary", key="photo.remove.sure") and shell.perform(
        photos.remove_photo, photo.id
    ):
        shell.done("The photo is removed.")
