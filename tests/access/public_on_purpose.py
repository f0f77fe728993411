"""Functions that take a session and ask for no permission, and why that is right.

`PUBLIC` may be called by screens, routes and the command line, so each is listed by its full name. `INSIDE`
is called only by functions of `lab` that have asked already; a pattern stands for the parts of one file.
"""

from __future__ import annotations

from typing import Final

_BEFORE_SIGN_IN = "There is nobody yet whose right could be asked."
_BY_SESSION = "Answers to whoever holds a session's token, about that session."
_BY_LINK = "The one-time link is the right to choose the password of one account, once."
_UPKEEP = "The lab does this by itself: it derives numbers from the records and tells them to nobody."
_EMPTY_LAB = "Refuses unless the database holds no lab, so nobody has rights in it yet."
_BY_CODE = "Whoever holds the code of the room may read this; it is on the wall."
_BY_TOKEN = "Answers only to the phone whose random token it is handed, about what that phone handed in."
_PUBLIC_PAGE = "Reads only what was marked public or has been revealed."

PUBLIC: Final[dict[str, str]] = {
    "lab.access.keys.signing_secret": "The server signs with it; no screen, export or log has it.",
    "lab.access.keys.account_voter": "Answers only to the server, about the account that is signed in.",
    "lab.access.commands.make_lab": _EMPTY_LAB,
    "lab.access.commands.first_administrator": _EMPTY_LAB,
    "lab.access.links.commands.choose_password": _BY_LINK,
    "lab.access.links.queries.link_behind": _BY_LINK,
    "lab.access.queries.lab_facts": "What the sign-in page says of the lab.",
    "lab.access.queries.network_settings": "Every request is judged by these.",
    "lab.access.queries.demo_people": "Names people of the demo lab alone, and they are invented.",
    "lab.access.queries.password_to_match": "Answers about the actor's own password alone.",
    "lab.access.sessions.commands.open_session": "Opens what the callers have checked the right to.",
    "lab.access.sessions.commands.sign_in_as_demo": (
        "Opens accounts of the demo lab alone, whose people are invented."
    ),
    "lab.access.sessions.commands.sign_out": "Whoever holds a session's token may end that session.",
    "lab.access.sessions.last_use.who_uses": _BEFORE_SIGN_IN,
    "lab.access.sessions.queries.still_open": _BY_SESSION,
    "lab.demo.commands.fill_demo": _EMPTY_LAB,
    "lab.disillusion.upkeep.commands.is_behind": _UPKEEP,
    "lab.disillusion.upkeep.commands.catch_up": _UPKEEP,
    "lab.disillusion.upkeep.commands.to_evaluate": _UPKEEP,
    "lab.disillusion.upkeep.commands.evaluate": _UPKEEP,
    "lab.disillusion.upkeep.commands.evaluated": _UPKEEP,
    "lab.disillusion.upkeep.commands.refresh_risk": _UPKEEP,
    "lab.disillusion.upkeep.commands.is_stale": _UPKEEP,
    "lab.disillusion.upkeep.commands.refresh_stale": _UPKEEP,
    "lab.access.phone_links.linked_accounts": _BY_TOKEN,
    "lab.access.phone_links.phones_of": _BY_TOKEN,
    "lab.access.phone_links.link_phone": _BY_TOKEN,
    "lab.disillusion.upkeep.following.perform_and_refresh": "The command that it runs asks.",
    "lab.foundation.clock.zone": "The lab's time zone stands on every page that names a time.",
    "lab.foundation.clock.today": "What day it is in the lab is no secret.",
    "lab.foundation.clock.day_of": "The day of an instant in the lab's time zone is no secret.",
    "lab.lifecycle.public.public_story": _PUBLIC_PAGE,
    "lab.lifecycle.public.public_thumbnail": _PUBLIC_PAGE,
    "lab.past.news.news_of": "By when people hear stands on the pages of their votes and workshops.",
    "lab.voting.queries.room_of_code": _BY_CODE,
    "lab.voting.queries.room_in_workshop": _BY_CODE,
    "lab.voting.queries.turnout": "How many joined and voted stands on the wall while a vote is open.",
    "lab.voting.queries.was_in_before_signing": _BY_TOKEN,
    "lab.voting.queries.own_ballot": _BY_TOKEN,
    "lab.voting.queries.voters_picture": _BY_CODE,
    "lab.voting.queries.public_result": _BY_CODE,
    "lab.voting.queries.revealed_room": _PUBLIC_PAGE,
    "lab.voting.queries.has_receipt": "Anybody may check whether a receipt is in the count.",
    "lab.voting.queries.public_record": _PUBLIC_PAGE,
    "lab.workshops.after.report.report_of_code": "Whoever holds the code took part and may read it.",
    "lab.workshops.board.queries.board_revision": "A number that says whether the board has changed.",
    "lab.workshops.board.queries.workshop_of_code": _BY_CODE,
    "lab.workshops.board.queries.public_board": _BY_CODE,
    "lab.workshops.plan.queries.plan_of_code": "Whoever holds the code is invited, and the plan is for them.",
    "lab.workshops.room.intake.take_in": "A phone's token and the room's code are the right.",
    "lab.workshops.room.one_person.answered_under": _BY_TOKEN,
    "lab.workshops.room.one_person.one_answer": _BY_TOKEN,
    "lab.workshops.room.one_person.as_one_person": _BY_TOKEN,
    "lab.workshops.room.one_person.has_phones_to_forget": _UPKEEP,
    "lab.workshops.room.one_person.forget_phones": _UPKEEP,
    "lab.workshops.room.photos.public_photo": _BY_CODE,
    "lab.workshops.room.pulse.asked_by": "The signed link is the right to be asked.",
    "lab.workshops.room.pulse.has_answered": "Answers only to the browser, about its own answer.",
    "lab.workshops.room.pulse.answer_pulse": "The signed link is the right to answer.",
    "lab.workshops.room.seen.stamp_of": "A number that says whether the room has moved on.",
    "lab.workshops.room.seen.wall_stamp_of": "Numbers that say whether the room or its board has moved on.",
    "lab.workshops.room.seen.room_of_code": _BY_CODE,
    "lab.workshops.room.seen.was_here_before_signing": _BY_TOKEN,
    "lab.workshops.room.seen.group_of": _BY_TOKEN,
    "lab.workshops.room.seen.own_of": _BY_TOKEN,
    "lab.workshops.room.seen.turnout_of": _BY_CODE,
    "lab.workshops.room.seen.standing_notes": _BY_CODE,
    "lab.workshops.room.seen.dotted_notes": _BY_CODE,
    "lab.workshops.room.seen.texts_of_block": _BY_CODE,
}

INSIDE: Final[dict[str, str]] = {
    "lab.access.sessions.commands.count_wrong_password": "A part of signing in: nobody is signed in yet.",
    "lab.access.sessions.commands.end_sessions_of": "A part of the commands that take access, which ask.",
    "lab.access.sessions.commands.withdraw_links": "A part of the commands that take access, which ask.",
    "lab.access.sessions.commands.mark_used": "Writes when sessions were used; it ends only what is over.",
    "lab.access.sessions.queries.session_behind": _BY_SESSION,
    "lab.access.sessions.queries.sign_in_try": "A part of signing in: nobody is signed in yet.",
    "lab.demo.commands.guard_empty": "A check of fill_demo, which fills only an empty database.",
    "lab.demo.copies.*": "Parts of fill_demo, which fills only an empty database.",
    "lab.disillusion.hindsight.replay.replay": "The backtest asks before it replays the past.",
    "lab.disillusion.lists.open_flags": "A part of the questions of At risk, which ask.",
    "lab.disillusion.upkeep.features.*": "Parts of the upkeep, which derives numbers.",
    "lab.disillusion.upkeep.model.*": "Reads the weights in use for whoever has asked to see a score.",
    "lab.exchange.older.bring_up_to_date": "A part of the import, which asks.",
    "lab.followthrough.steps.still_corrected": "A part of the commands beside it, which ask.",
    "lab.followthrough.steps.take_step": "A part of the commands beside it, which ask.",
    "lab.foundation.clock.happened": "A rule of commands about a day; each has asked for its right.",
    "lab.foundation.events.*": "Commands that have asked append what they did.",
    "lab.foundation.records.fetch": "Commands that have asked lock the row they change.",
    "lab.lifecycle.queries.untested_risks": "A part of the gate's question, which has asked.",
    "lab.past.*": "What was true on a day, for queries that have asked who may see it.",
    "lab.rates.people.*": "Parts of the questions in lab.rates.queries, which ask.",
    "lab.voting.commands.new_code": "A part of making a vote or a workshop, which asks.",
    "lab.voting.intake.ballots.*": "A phone's token and the room's code are the right to vote.",
    "lab.voting.queries.closed_ballots": "A part of the published record and of the result, which ask.",
    "lab.voting.queries.record_of": "A part of closing a round, which asks, and of its published record.",
    "lab.workshops.after.keeping.keep_dots": "A part of the import, which asks.",
    "lab.workshops.after.keeping.set_mark": "A part of the wrap-up, which asks.",
    "lab.workshops.after.proposal.*": "Parts of the wrap-up's proposal, which asks.",
    "lab.workshops.board.queries.dots_of": "A part of the board's, wrap-up's and report's questions.",
    "lab.voting.slips.hand_in_slip": "A part of entering a paper ballot, which asks.",
    "lab.voting.slips.give_slip_back": "A part of taking a paper ballot back, which asks.",
    "lab.voting.slips.forget_slips": "A part of closing a round and of taking a copy, which ask.",
    "lab.workshops.board.changing.*": "Parts of the commands on the board, which ask.",
    "lab.workshops.board.marks.stored_mark": "A part of marking a note, which asks.",
    "lab.workshops.board.positions.position_below": "A part of moving a note, which asks.",
    "lab.workshops.plan.commands.both_records": "A part of the commands that plan a workshop, which ask.",
    "lab.workshops.plan.commands.guard_rounds": "A check of the commands that plan a workshop, which ask.",
    "lab.workshops.room.batch.*": "Parts of the intake: token and code are the right.",
}
