"""A register somebody else kept becomes a plan; what is doubtful in it is said, never guessed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.exchange.register.columns import Columns, suggest_columns
from lab.exchange.register.plan import read_register
from lab.exchange.register.values import (
    TITLE_CHARACTERS,
    PlannedRecommendation,
    RegisterPlan,
    problems_by_kind,
)
from lab.exchange.tables import Table, read_table, write_table
from lab.foundation.errors import Invalid

TODAY = date(2024, 6, 1)
COLUMNS = Columns(
    "text",
    "project",
    reference="ref",
    sent="sent",
    reply="reply",
    status="status",
    due="due",
    project_title="name",
)


def a_row(**cells: str) -> dict[str, str]:
    row = {
        "project": "P1",
        "name": "",
        "ref": "1/04",
        "text": "Mend the bridge.",
        "sent": "",
        "reply": "",
        "status": "",
    }
    return {**row, "due": "", **cells}


def plan_of(*rows: dict[str, str]) -> RegisterPlan:
    return read_register(Table(tuple(rows[0]), list(rows)), COLUMNS, today=TODAY)


def planned(**cells: str) -> PlannedRecommendation:
    return plan_of(a_row(**cells)).recommendations[0]


def dates_and_answers(reply: str) -> list[tuple[date | None, str | None]]:
    return [(each.received_on, each.answer) for each in planned(reply=reply).replies]


def kinds(plan: RegisterPlan) -> list[str]:
    return [warning.kind for warning in plan.warnings]


def test_guesses_the_columns_from_other_peoples_headings() -> None:
    table = read_table(
        b"Case ID,Rec. No,Recipient,Date issued,Recommendation,ReplyText,Deadline\nA,1,B,,Do it,,\n"
    )
    assert suggest_columns(table) == Columns(
        text="Recommendation", project_from="Case ID", reference="Rec. No", addressed_to="Recipient",
        sent="Date issued", reply="ReplyText", due="Deadline",
    )  # fmt: skip


def test_takes_the_longest_text_where_no_heading_tells() -> None:
    table = Table(
        ("a", "b"), [{"a": "x", "b": "Mend the bridge before winter."}, {"a": "x", "b": "Light it."}]
    )
    assert suggest_columns(table) == Columns(text="b", project_from="a")


def test_a_table_of_one_column_is_no_register() -> None:
    with pytest.raises(Invalid, match="at least two columns"):
        suggest_columns(Table(("text",), []))


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(Invalid, match="no column “sent on”") as caught:
        read_register(Table(("a", "b"), []), Columns("a", "b", sent="sent on"), today=TODAY)
    assert caught.value.field == "sent"


def test_every_row_is_planned_or_rejected() -> None:
    plan = plan_of(
        a_row(), a_row(text=" ", ref="2/04"), a_row(project="", ref="3/04"), a_row(), a_row(ref="4/04")
    )
    assert [each.row for each in plan.recommendations] == [2, 6]
    assert [(each.row, each.kind) for each in plan.rejected] == [
        (3, "text_missing"), (4, "project_missing"), (5, "row_repeated"),
    ]  # fmt: skip


def test_rows_are_numbered_as_the_spreadsheet_numbers_them() -> None:
    table = read_table(b'project,text\nP,"one\ntwo"\n\nP,three\n')
    plan = read_register(table, Columns("text", "project"), today=TODAY)
    assert [each.row for each in plan.recommendations] == [2, 4]


def test_a_project_has_one_title() -> None:
    plan = plan_of(
        a_row(), a_row(name="Bridges", ref="2/04"), a_row(name="Roads", ref="3/04"), a_row(project="P2")
    )
    assert [each.project_title for each in plan.recommendations] == ["Bridges", "Bridges", "Bridges", "P2"]
    assert kinds(plan) == ["project_title_differs"]


def test_a_reference_used_twice_is_reported() -> None:
    assert kinds(plan_of(a_row(), a_row(text="Light the bridge."))) == ["reference_repeated"]


def test_the_title_is_the_first_sentence_cut_between_words() -> None:
    assert planned(text="“Mend the bridge. Then light it.").title == "Mend the bridge."
    title = planned(text="Mend the bridge " * 20).title
    assert title.endswith("bridge…") or title.endswith("the…") or title.endswith("Mend…")
    assert len(title) <= TITLE_CHARACTERS


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2004-03-12", date(2004, 3, 12)),
        ("2004-03-12T09:30:00Z", date(2004, 3, 12)),
        ("2004/3/12", date(2004, 3, 12)),
        ("13/05/2003", date(2003, 5, 13)),
        ("05/13/2003", date(2003, 5, 13)),
        ("13.5.03", date(2003, 5, 13)),
        ("13-05-1999 10:15", date(1999, 5, 13)),
        ("13/05/99", date(1999, 5, 13)),
        ("5/5/2003", date(2003, 5, 5)),
        ("3 March 2004", date(2004, 3, 3)),
        ("3rd of March, 2004", date(2004, 3, 3)),
        ("Wed 3 Mar 2004", date(2004, 3, 3)),
        ("March 3rd, 2004", date(2004, 3, 3)),
        ("3-Sept-04", date(2004, 9, 3)),
        ("3 Feburary 2004", date(2004, 2, 3)),
        ("3 Jnauary 2004", date(2004, 1, 3)),
        ("29 February 2004", date(2004, 2, 29)),
    ],
)
def test_reads_the_common_ways_to_write_a_day(written: str, day: date) -> None:
    plan = plan_of(a_row(sent=written))
    assert plan.recommendations[0].sent_on == day
    assert plan.warnings == ()


@pytest.mark.parametrize(
    "written",
    [
        "31 February 2004",
        "13/13/2003",
        "March 2004",
        "2004",
        "3 Jule 2004",
        "soon",
        "3 March 1066",
        "00/05/2003",
    ],
)
def test_what_is_no_day_is_left_empty_and_reported(written: str) -> None:
    plan = plan_of(a_row(sent=written))
    assert plan.recommendations[0].sent_on is None
    assert [(each.row, each.kind, each.around) for each in plan.warnings] == [(2, "sent_unread", written)]


def test_a_day_that_may_be_read_two_ways_is_read_day_first_and_reported() -> None:
    plan = plan_of(a_row(sent="12/05/2003"))
    assert plan.recommendations[0].sent_on == date(2003, 5, 12)
    assert kinds(plan) == ["date_ambiguous"]


def test_only_a_promise_may_lie_in_the_future() -> None:
    plan = plan_of(a_row(sent="2 June 2024", due="2 June 2025"))
    assert (plan.recommendations[0].sent_on, plan.recommendations[0].due_on) == (None, date(2025, 6, 2))
    assert kinds(plan) == ["date_in_future"]


@pytest.mark.parametrize(
    "reply",
    [
        "On 3 March 2004, the Harbour Board replied: we accept the recommendation.",
        "On 3 Marhc 2004 the Harbour Board replied that it accepts the recommendation.",
        "On Wednesday 3rd March 2004 Dr. Ngaio of the Board responded:\n\nWe accept this recommendation.",
        "In a letter of 3 March 2004 the Harbour Board advised that it accepts this recommendation.",
        "The Harbour Board replied on 3 March 2004 that it accepts the recommendation.",
        "The Harbour Board wrote to us by letter on March 3, 2004: Accepted. We accept the recommendation.",
        "2004-03-03: Accepted",
        "3 March 2004 – Accepted",
        "[3 March 2004] Accepted.",
        "Reply dated 3 March 2004: Accepted",
        "Response received from the Board on 3 March 2004\nWe accept the recommendation.",
        "3-Mar-04: Accepted",
        "The Board responded (3 March 2004): We accept the recommendation.",
        "Date: 3 March 2004\nAccepted",
    ],
)
def test_finds_the_date_of_a_reply_and_its_answer(reply: str) -> None:
    assert dates_and_answers(reply) == [(date(2004, 3, 3), "accepted")]
    assert plan_of(a_row(reply=reply)).warnings == ()


def test_several_replies_in_one_cell_come_in_the_order_of_their_dates() -> None:
    reply = (
        "On 12 May 2005 the Board responded, in part:\n\nWe do not accept the recommendation.\n\n"
        "2004-03-03: See comment.\nOn 4 April 2004, X replied: we accept it in full."
    )
    assert dates_and_answers(reply) == [
        (date(2004, 3, 3), None), (date(2004, 4, 4), "accepted"), (date(2005, 5, 12), "declined"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "reply",
    [
        "As we advised, the Board issued a notice on 3 March 2004.",
        "Accepted. On 3 March 2004 the Board was asked to stop.",
        "The Board began work on 3 March 2004 and expects to end by 5 May 2005.",
        "On 3 March 2004 we advised operators of the danger.",
        "On 3 March 2004 the Board issued a notice and advised operators.",
        "Work is done in steps:\n1.2.12 Works\n12 items 2004: none",
    ],
)
def test_a_date_of_something_else_is_not_the_date_of_the_reply(reply: str) -> None:
    plan = plan_of(a_row(reply=reply))
    assert [(each.received_on, each.text) for each in plan.recommendations[0].replies] == [(None, reply)]
    assert kinds(plan) == ["reply_undated"]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("On 31 Febuary 2004, the Board replied: Accepted.", "reply_date_unread"),
        ("On 3 March the Board replied: Accepted.", "reply_date_unread"),
        ("In March 2004 the Board replied: Accepted.", "reply_date_unread"),
        ("On date the Board replied: Accepted.", "reply_date_unread"),
        ("On 3 March 2094 the Board replied: Accepted.", "date_in_future"),
        ("Maritime Board: noted.", "reply_undated"),
    ],
)
def test_a_reply_whose_date_cannot_be_read_is_kept_whole_and_reported(reply: str, kind: str) -> None:
    plan = plan_of(a_row(reply=reply))
    assert [(each.received_on, each.text) for each in plan.recommendations[0].replies] == [(None, reply)]
    assert [(each.row, each.kind, each.around) for each in plan.warnings] == [(2, kind, reply)]


def test_a_reply_older_than_the_recommendation_is_reported() -> None:
    assert kinds(plan_of(a_row(sent="2004-04-01", reply="2004-03-03: Accepted"))) == ["reply_before_sent"]


@pytest.mark.parametrize(
    "words",
    [
        "Accepted",
        "Accepted. Work begins in May.",
        "Agreed - the Board will act.",
        "Accepted in full.",
        "This recommendation is accepted.",
        "The Ministry accepts this recommendation",
        "I accept the specific recommendation 1/04 on the ferry steps.",
        "The Board accepts the Commission's safety recommendation and "
        "intends to begin work in the harbour, and to find out whether a rule is needed.",
        "We are pleased to accept this recommendation.",
        "The recommendations would be implemented by the harbour master.",
        "We agree with the recommendation.",
        "Accepted and implemented",
    ],
)
def test_plain_words_of_acceptance(words: str) -> None:
    assert dates_and_answers(words) == [(None, "accepted")]


@pytest.mark.parametrize(
    "words",
    [
        "Accepted in part",
        "Accepted (in part)",
        "Accepted - partially",
        "Partly accepted.",
        "The Harbour Board accepts in principle the proposed recommendation.",
        "Agreed in principle.",
        "The mayor accepts the spirit of the recommendations of the lab.",
        "For these reasons the intent of the recommendation is accepted.",
        "We accept the recommendation with some reservations.",
        "We accept the recommendation except for the second sentence.",
    ],
)
def test_words_of_acceptance_in_part(words: str) -> None:
    assert dates_and_answers(words) == [(None, "partly_accepted")]


@pytest.mark.parametrize(
    "words",
    [
        "Declined.",
        "Rejected",
        "Not accepted.",
        "We do not accept the recommendation.",
        "We don’t accept this recommendation.",
        "The Board cannot accept this recommendation.",
        "The Board is unable to accept it.",
        "The ferry company does not, for now, support this recommendation.",
        "The recommendation was not accepted.",
        "The Board has declined to adopt the recommendation.",
        "We disagree with this recommendation.",
        "We are not in a position to implement this recommendation.",
        "The Board has decided not to accept the recommendation.",
        "The Board rejects the recommendation.",
        "In May 2005 the Board rejected the recommendation.",
    ],
)
def test_plain_words_of_refusal(words: str) -> None:
    assert dates_and_answers(words) == [(None, "declined")]


@pytest.mark.parametrize(
    "words",
    [
        "See comment.",
        "We accept that this is based on early information.",
        "We accept the recommendation is well meant.",
        "We accept the reasoning behind this recommendation.",
        "The Board will consider whether to accept this recommendation.",
        "We would accept the recommendation if there were money.",
        "We accept this recommendation, subject to funding.",
        "More is to be known before the Board accepts the recommendation in full.",
        "We are unable to accept the recommendation until the tide tables are known.",
        "We neither accept nor reject the recommendation.",
        "We do not reject the recommendation.",
        "We welcome the spirit of the recommendation.",
        "We hope to come closer to implementing this recommendation.",
        "The recommendation has not yet been accepted.",
        "Is the recommendation accepted?",
        "Accepted: No",
        "Accepted/Rejected",
        "“Accepted” is not the word we would use.",
        "We have thought about it and cannot\naccept the recommendation until May.",
        "We cannot, says Mr. Smith, so soon, accept the recommendation.",
        "The Board does not (see para. 4) accept the thrust of the recommendation.",
        "Accepted. However, we will not fund it.",
        "Accepted. We no longer do this work; the decision is reversed.",
        "The Board rejected the recommendation at first but now accepts it.",
        "We accept recommendation 2/04.",
        "Recommendation 2/04 is not accepted.",
        "Accepted, but only where there is money.",
        "Two of the three recommendations are accepted.",
        "It is doubtful that the recommendation is accepted.",
        "Rejected in part",
        "In May 2005 the Board had accepted the recommendation.",
        "The recommendation was accepted by nobody.",
        "",
    ],
)
def test_words_that_leave_a_doubt_are_no_answer(words: str) -> None:
    assert {answer for _, answer in dates_and_answers(words)} <= {None}


@pytest.mark.parametrize(
    "words", ["Accepted. However, we will not fund it.", "We accept this recommendation. Rejected."]
)
def test_acceptance_and_refusal_in_one_reply_are_reported(words: str) -> None:
    assert "answer_mixed" in kinds(plan_of(a_row(reply=words)))


@pytest.mark.parametrize(
    "refusal",
    ["We do not accept", "We cannot accept", "The Board declined to accept", "We are unable to accept",
     "We will not accept", "We have decided not to accept", "It is not possible for us to accept",
     "We see no reason to accept"],
)  # fmt: skip
@pytest.mark.parametrize("gap", [" ", "\n", ",\n\n", "  "])
@pytest.mark.parametrize(
    "rest", ["this recommendation.", "recommendation 1/04", "the recommendation; it is accepted elsewhere."]
)
def test_a_refusal_is_never_read_as_an_acceptance(refusal: str, gap: str, rest: str) -> None:
    before, verb = refusal.rsplit(" ", 1)
    for words in (f"{before} {verb}{gap}{rest}", f"{before}{gap}{verb} {rest}"):
        assert {answer for _, answer in dates_and_answers(words)} <= {None, "declined"}, words


@pytest.mark.parametrize(
    ("cells", "claims"),
    [
        ({"status": "Implemented"}, True),
        ({"status": "Accepted and implemented"}, True),
        ({"status": "Fully implemented."}, True),
        ({"reply": "The recommendation has now been fully implemented."}, True),
        ({"status": "Not implemented"}, False),
        ({"status": "Partly implemented"}, False),
        ({"status": "Being implemented"}, False),
        ({"status": "Closed"}, False),
        ({"reply": "Once the recommendation has been implemented we will write."}, False),
        ({"reply": "The recommendation will have been implemented by May."}, False),
    ],
)
def test_only_plain_words_claim_that_it_is_done(cells: dict[str, str], claims: bool) -> None:
    assert planned(**cells).claims_implemented is claims


def test_the_status_column_answers_where_no_reply_does() -> None:
    replies = planned(reply="2004-03-03: See comment.", status="Declined").replies
    assert [(each.received_on, each.text, each.answer) for each in replies] == [
        (date(2004, 3, 3), "2004-03-03: See comment.", None), (None, "Declined", "declined"),
    ]  # fmt: skip


def test_a_reply_goes_before_the_status_column() -> None:
    plan = plan_of(a_row(reply="2004-03-03: Declined.", status="Accepted"))
    assert [each.answer for each in plan.recommendations[0].replies] == ["declined"]
    assert kinds(plan) == ["status_disagrees"]


def test_a_row_that_recommends_nothing_is_reported() -> None:
    assert kinds(plan_of(a_row(text="The ship was sold, so no new recommendations have been made."))) == [
        "maybe_no_recommendation"
    ]


def test_mangled_letters_are_reported_once_and_left_as_they_are() -> None:
    plan = plan_of(a_row(text="The boatâ€™s owner"), a_row(text="The shipâ€™s owner", ref="2/04"))
    assert [each.text for each in plan.recommendations] == ["The boatâ€™s owner", "The shipâ€™s owner"]
    assert kinds(plan) == ["text_garbled"]


def test_problems_are_folded_by_kind_most_frequent_first() -> None:
    plan = plan_of(a_row(sent="soon"), a_row(ref="2/04", reply="Noted."), a_row(ref="3/04", reply="Noted."))
    assert [(kind, len(each)) for kind, each in problems_by_kind(plan.warnings)] == [
        ("reply_undated", 2),
        ("sent_unread", 1),
    ]


PIECES = st.sampled_from(
    ["On 3 March 2004 the Board replied: ", "Accepted. ", "\n", "\n\n", "2004-03-03: ", "3 Smarch 2004",
     "we do not ", "On ", "12/05/2003",
     " accept this recommendation", ". ", "“", "replied on ", "(", "Reply of ", "?"]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=8), max_size=25).map("".join))
def test_no_word_of_a_reply_is_lost(reply: str) -> None:
    replies = planned(reply=reply).replies
    kept = sorted(character for each in replies for character in each.text if not character.isspace())
    assert kept == sorted(character for character in reply if not character.isspace())


def test_a_register_written_by_us_is_read_alike() -> None:
    row = a_row(text="- mend\n- light", reply="=2004-03-03: Accepted")
    table = read_table(write_table(tuple(row), [row]))
    assert read_register(table, COLUMNS, today=TODAY) == plan_of(row)


def test_a_long_cell_full_of_beginnings_is_read_in_time() -> None:
    reply = ("On 3 March. " * 2_000)[:20_000]
    assert "".join(each.text for each in planned(reply=reply).replies).replace(" ", "") == reply.replace(
        " ", ""
    )
