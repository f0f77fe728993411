"""Commands of the second half of the thread, from expectation to reply."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.orm import Session

from db.models import (
    Expectation,
    ProgressUpdate,
    Recommendation,
    Reply,
    Response,
    Sponsor,
    Stakeholder,
    recommendation_expectation,
    reply_expectation,
    reply_recommendation,
)
from db.words import ANSWERS, SAID_BACK, VERDICTS, WITHIN_POWER
from lab.access.rights import Actor, require
from lab.followthrough.rules import (
    EXPECTATION_STEPS,
    RESPONSE_DAYS,
)
from lab.followthrough.steps import (
    as_words,
    count_move,
    keep_promises,
    make_promises,
    still_corrected,
    take_step,
)
from lab.foundation import clock, text
from lab.foundation.clock import TODAY, When
from lab.foundation.errors import Invalid, NotFound, WrongTransition
from lab.foundation.events import remember
from lab.foundation.records import change, fetch, guard_version


def record_expectation(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    *,
    statement: str,
    now: dt.datetime,
    importance: int | None = None,
    within_power: str | None = None,
    stakeholder_id: uuid.UUID | None = None,
    contribution_id: uuid.UUID | None = None,
    said_back: str | None = None,
    confidence: int | None = None,
    hoped_for: dt.date | None = None,
    recorded_on: When = TODAY,
    is_public: bool = False,
) -> uuid.UUID:
    """Record an expectation; `confidence` in per cent, if people were asked. Facts that were not given
    stay empty."""
    require(actor, "project.write")
    day = clock.happened(session, recorded_on, now, "Recorded on")
    if stakeholder_id:
        stakeholder = fetch(session, Stakeholder, stakeholder_id, "stakeholder")
        if stakeholder.project_id != project_id:
            raise Invalid("The stakeholder belongs to another project.", field="stakeholder")
    expectation = Expectation(
        project_id=project_id,
        stakeholder_id=stakeholder_id,
        contribution_id=contribution_id,
        statement=text.paragraph(statement, "Expectation", limit=1000),
        importance=text.number_or_none(importance, "Importance", 1, 5),
        confidence=None if confidence is None else text.number(confidence, "Confidence", 0, 100),
        within_power=text.chosen_or_none(within_power, WITHIN_POWER, "Within our power"),
        said_back=text.chosen_or_none(said_back, SAID_BACK, "Said back"),
        hoped_for=text.planned(hoped_for, day, "Hoped for") if hoped_for else None,
        recorded_on=day,
        is_public=is_public,
    )
    session.add(expectation)
    session.flush()
    remember(session, actor, expectation, "recorded", now=now, on=day, to_state="open")
    return expectation.id


def edit_expectation(
    session: Session,
    actor: Actor,
    expectation_id: uuid.UUID,
    *,
    version: int,
    statement: str,
    importance: int | None,
    within_power: str | None,
    said_back: str | None,
    hoped_for: dt.date | None,
    is_public: bool,
    now: dt.datetime,
) -> None:
    """Correct an expectation; the log keeps the values before."""
    require(actor, "project.write")
    expectation = fetch(session, Expectation, expectation_id, "expectation")
    guard_version(expectation, version)
    expectation.statement = text.paragraph(statement, "Expectation", limit=1000)
    before = change(
        expectation,
        is_public=is_public,
        importance=text.number_or_none(importance, "Importance", 1, 5),
        within_power=text.chosen_or_none(within_power, WITHIN_POWER, "Within our power"),
        said_back=text.chosen_or_none(said_back, SAID_BACK, "Said back"),
        hoped_for=text.planned(hoped_for, expectation.recorded_on, "Hoped for") if hoped_for else None,
    )
    remember(session, actor, expectation, "edited", now=now, before=before)


def claim_expectation(
    session: Session,
    actor: Actor,
    expectation_id: uuid.UUID,
    *,
    state: str,
    reason: str,
    now: dt.datetime,
    on: When = TODAY,
) -> None:
    """Change an expectation's state; ending it, or taking a claim back, needs a reason.

    Raises:
        WrongTransition: the present state does not allow it.
    """
    require(actor, "project.write")
    expectation = fetch(session, Expectation, expectation_id, "expectation")
    before = expectation.state
    if state not in EXPECTATION_STEPS[before]:
        raise WrongTransition(f"An expectation that is {as_words(before)} cannot become {as_words(state)}.")
    cleaned = text.paragraph(reason, "Reason", required=state not in ("in_hand", "met"), limit=1000)
    day = clock.happened(session, on, now, "Since")
    expectation.state = state
    expectation.version += 1
    if state == "in_hand":
        expectation.verdict = expectation.verdict_on = None
    remember(
        session,
        actor,
        expectation,
        "claimed",
        now=now,
        on=day,
        from_state=before,
        to_state=state,
        reason=cleaned,
    )


def give_verdict(
    session: Session,
    actor: Actor,
    expectation_id: uuid.UUID,
    *,
    verdict: str,
    now: dt.datetime,
    on: When = TODAY,
) -> None:
    """Record the verdict on a claim by those who asked: was this what they meant?

    Raises:
        NotFound: there is no such expectation, or it is not the stakeholder's own.
        WrongTransition: there is no claim yet.
    """
    require(actor, "own.verdict" if actor.role == "stakeholder" else "project.write")
    expectation = fetch(session, Expectation, expectation_id, "expectation")
    if actor.role == "stakeholder":
        own = expectation.stakeholder_id and session.scalar(
            select(Stakeholder.account_id).where(Stakeholder.id == expectation.stakeholder_id)
        )
        if own != actor.account_id:
            raise NotFound("This expectation does not exist (any more).")
    if expectation.state not in ("met", "partly_met", "not_met"):
        raise WrongTransition("There is nothing to judge yet: the lab has not said what became of it.")
    expectation.verdict = text.chosen(verdict, VERDICTS, "Verdict")
    expectation.verdict_on = clock.happened(session, on, now, "Said on")
    expectation.version += 1
    remember(session, actor, expectation, "judged", now=now, on=expectation.verdict_on, verdict=verdict)


def draft_recommendation(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    *,
    title: str,
    words: str,
    sponsor_id: uuid.UUID,
    now: dt.datetime,
    importance: int | None = None,
    reference: str | None = None,
    prototype_id: uuid.UUID | None = None,
    contribution_id: uuid.UUID | None = None,
    expectation_ids: Sequence[uuid.UUID] = (),
    cadence_days: int = 30,
    due: dt.date | None = None,
    is_public: bool = False,
    recorded_on: When = TODAY,
) -> uuid.UUID:
    """Draft a recommendation to a sponsor; it is private until it is sent."""
    require(actor, "project.write")
    if session.get(Sponsor, sponsor_id) is None:
        raise NotFound("The sponsor it is addressed to does not exist.")
    day = clock.happened(session, recorded_on, now, "Recorded on")
    recommendation = Recommendation(
        project_id=project_id,
        prototype_id=prototype_id,
        contribution_id=contribution_id,
        sponsor_id=sponsor_id,
        reference=reference,
        title=text.line(title, "Title"),
        text=text.paragraph(words, "Recommendation", limit=20_000),
        importance=text.number_or_none(importance, "Importance", 1, 5),
        recorded_on=day,
        cadence_days=text.number(cadence_days, "Cadence in days", 1, 365),
        due=text.planned(due, day, "Due") if due else None,
        is_public=is_public,
    )
    session.add(recommendation)
    session.flush()
    _set_links(session, recommendation_expectation, "recommendation_id", recommendation.id, expectation_ids)
    remember(session, actor, recommendation, "drafted", now=now, on=day, to_state="draft")
    return recommendation.id


def edit_recommendation(
    session: Session,
    actor: Actor,
    recommendation_id: uuid.UUID,
    *,
    version: int,
    title: str,
    words: str,
    importance: int | None,
    cadence_days: int,
    due: dt.date | None,
    expectation_ids: Sequence[uuid.UUID],
    is_public: bool,
    now: dt.datetime,
) -> None:
    """Correct a recommendation. Never news. A due date moved later than an hour after it was promised is
    counted, and the log keeps the old one."""
    require(actor, "project.write")
    recommendation = fetch(session, Recommendation, recommendation_id, "recommendation")
    guard_version(recommendation, version)
    corrected = still_corrected(session, recommendation, now)
    if "due" not in corrected:
        count_move(recommendation, due, clock.today(session, now))
    recommendation.title = text.line(title, "Title")
    recommendation.text = text.paragraph(words, "Recommendation", limit=20_000)
    before = change(
        recommendation,
        is_public=is_public,
        importance=text.number_or_none(importance, "Importance", 1, 5),
        cadence_days=text.number(cadence_days, "Cadence in days", 1, 365),
        due=text.planned(due, recommendation.recorded_on, "Due") if due else None,
    )
    keep_promises(recommendation, corrected)
    links = recommendation_expectation.c
    served = session.scalars(
        select(links.expectation_id).where(links.recommendation_id == recommendation_id)
    ).all()
    if set(served) != set(expectation_ids):
        before["expectations"] = sorted(str(key) for key in served)
    _set_links(session, recommendation_expectation, "recommendation_id", recommendation_id, expectation_ids)
    corrects = sorted(corrected & before.keys()) if recommendation.status != "draft" else []
    remember(session, actor, recommendation, "edited", now=now, before=before, corrects=corrects)


def send_recommendation(
    session: Session,
    actor: Actor,
    recommendation_id: uuid.UUID,
    *,
    now: dt.datetime,
    on: When = TODAY,
    response_due: dt.date | None = None,
    is_date_known: bool = True,
) -> None:
    """Send a recommendation to its sponsor; the answer is due in 84 days unless agreed otherwise.

    With `is_date_known` false, `on` is only the latest possible day, and so is the day the answer is due.
    """
    require(actor, "project.write")
    recommendation = fetch(session, Recommendation, recommendation_id, "recommendation")
    day = clock.happened(session, on, now, "Sent on")
    due = response_due or day + dt.timedelta(days=RESPONSE_DAYS)
    recommendation.response_due = text.planned(due, day, "Response due")
    recommendation.sent_on = day if is_date_known else None
    make_promises(recommendation)
    take_step(session, actor, recommendation, "sent", now, day, "", is_date_known=is_date_known)


def answer_recommendation(
    session: Session,
    actor: Actor,
    recommendation_id: uuid.UUID,
    *,
    answer: str,
    reason: str,
    now: dt.datetime,
    on: When = TODAY,
    due: dt.date | None = None,
    is_date_known: bool = True,
) -> uuid.UUID:
    """Record the sponsor's answer; declining needs a reason, which the people will read.

    With `is_date_known` false, `on` is only the earliest possible day.

    Raises:
        NotFound: there is no such recommendation, or it is addressed to another sponsor.
        WrongTransition: it has not been sent.
    """
    recommendation = _addressed(session, actor, recommendation_id)
    day = clock.happened(session, on, now, "Received on")
    text.chosen(answer, ANSWERS, "Answer")
    cleaned = text.paragraph(reason, "Reason", required=False, limit=20_000)
    if answer == "declined" and not cleaned:
        raise Invalid(
            "A declined recommendation needs a reason: the people who asked will read it.", field="reason"
        )
    before: dict[str, Any] = {}
    if due:
        text.planned(due, day, "Due")
        count_move(recommendation, due, day)
        before = change(recommendation, due=due)
        if before:
            recommendation.promised_due = due
    response = Response(
        recommendation_id=recommendation_id,
        answer=answer,
        reason=cleaned,
        received_on=day if is_date_known else None,
    )
    session.add(response)
    take_step(session, actor, recommendation, answer, now, day, cleaned, before)
    session.flush()
    return response.id


def report_progress(
    session: Session,
    actor: Actor,
    recommendation_id: uuid.UUID,
    *,
    what: str,
    evidence: str,
    now: dt.datetime,
    status: str | None = None,
    on: When = TODAY,
) -> uuid.UUID:
    """Report progress. With evidence it is news; `implemented` requires evidence.

    `status` changes the status to `in_progress`, `implemented` or `dropped` (the text is the reason).
    """
    recommendation = _addressed(session, actor, recommendation_id)
    day = clock.happened(session, on, now, "Done on")
    cleaned = text.paragraph(what, "What was done", limit=20_000)
    proof = text.paragraph(evidence, "Evidence", required=False, limit=2000)
    if status == "implemented" and not proof:
        raise Invalid(
            "To call it implemented, say where anybody can see that: a link or a description.",
            field="evidence",
        )
    if status is None and recommendation.status in ("draft", "sent", "declined", "dropped"):
        raise WrongTransition(
            f"There is no progress to report while it is {as_words(recommendation.status)}."
        )
    update = ProgressUpdate(recommendation_id=recommendation_id, what=cleaned, evidence=proof, done_on=day)
    session.add(update)
    if status:
        text.chosen(status, ("in_progress", "implemented", "dropped"), "Status")
        take_step(session, actor, recommendation, status, now, day, cleaned)
    elif proof:
        recommendation.last_news_on = max(recommendation.last_news_on or day, day)
    session.flush()
    remember(
        session, actor, update, "reported", now=now, on=day, recommendation=str(recommendation_id),
        evidence=bool(proof),
    )  # fmt: skip
    return update.id


def note_reply(
    session: Session,
    actor: Actor,
    recommendation_id: uuid.UUID,
    *,
    words: str,
    now: dt.datetime,
    on: When = TODAY,
) -> uuid.UUID:
    """Record a message from a sponsor that is neither an answer nor evidence. Never news."""
    recommendation = _addressed(session, actor, recommendation_id)
    day = clock.happened(session, on, now, "Written on")
    note = ProgressUpdate(
        recommendation_id=recommendation_id,
        what=text.paragraph(words, "Reply", limit=20_000),
        evidence="",
        done_on=day,
    )
    session.add(note)
    session.flush()
    remember(session, actor, recommendation, "noted", now=now, on=day)
    return note.id


def reply_to_people(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    *,
    what_happened: str,
    now: dt.datetime,
    why: str = "",
    what_next: str = "",
    how: str = "",
    next_news_on: dt.date | None = None,
    told_on: When = TODAY,
    recommendation_ids: Sequence[uuid.UUID] = (),
    expectation_ids: Sequence[uuid.UUID] = (),
    is_public: bool = True,
) -> uuid.UUID:
    """Record a reply to the people concerned, and when they hear next."""
    require(actor, "project.write")
    day = clock.happened(session, told_on, now, "Told on")
    reply = Reply(
        project_id=project_id,
        told_on=day,
        how=text.line(how, "How they were told", required=False),
        what_happened=text.paragraph(what_happened, "What happened"),
        why=text.paragraph(why, "Why", required=False),
        what_next=text.paragraph(what_next, "What next", required=False),
        next_news_on=text.planned(next_news_on, day, "Next news") if next_news_on else None,
        is_public=is_public,
    )
    session.add(reply)
    session.flush()
    _set_links(session, reply_recommendation, "reply_id", reply.id, recommendation_ids)
    _set_links(session, reply_expectation, "reply_id", reply.id, expectation_ids)
    remember(session, actor, reply, "told", now=now, on=day)
    return reply.id


def edit_reply(
    session: Session,
    actor: Actor,
    reply_id: uuid.UUID,
    *,
    version: int,
    what_happened: str,
    why: str,
    what_next: str,
    how: str,
    is_public: bool,
    now: dt.datetime,
) -> None:
    """Correct the words of a reply. Its date and its promise can't be changed."""
    require(actor, "project.write")
    reply = fetch(session, Reply, reply_id, "reply")
    guard_version(reply, version)
    reply.what_happened = text.paragraph(what_happened, "What happened")
    reply.why = text.paragraph(why, "Why", required=False)
    reply.what_next = text.paragraph(what_next, "What next", required=False)
    reply.how = text.line(how, "How they were told", required=False)
    before = change(reply, is_public=is_public)
    remember(session, actor, reply, "edited", now=now, before=before)


def _addressed(session: Session, actor: Actor, recommendation_id: uuid.UUID) -> Recommendation:
    require(actor, "recommendation.answer")
    recommendation = session.get(Recommendation, recommendation_id, with_for_update=True)
    if (
        recommendation is None
        or not actor.answers_for(recommendation.sponsor_id)
        or (actor.role == "sponsor" and recommendation.status == "draft")
    ):
        raise NotFound("This recommendation does not exist (any more).")
    return recommendation


def _set_links(
    session: Session, table: Table, owner: str, owner_id: uuid.UUID, targets: Sequence[uuid.UUID]
) -> None:
    session.execute(delete(table).where(table.c[owner] == owner_id))
    (other,) = (column.name for column in table.columns if column.name != owner)
    if targets:
        session.execute(insert(table), [{owner: owner_id, other: key} for key in dict.fromkeys(targets)])
