"""Record engagements, contributions and pulses."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.models import Attendance, Contribution, Engagement, GroupAttendance, Pulse, Stakeholder
from db.words import AGENDA_SETTERS, COUNTED_GROUPS, ENGAGEMENT_KINDS, INFLUENCES
from lab.access.rights import Actor, require
from lab.engagements import rules
from lab.foundation import clock, text
from lab.foundation.clock import TODAY, When
from lab.foundation.errors import Invalid
from lab.foundation.events import remember
from lab.foundation.records import change, fetch, guard_version


def record_engagement(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    *,
    kind: str,
    title: str,
    held_on: dt.date | None,
    now: dt.datetime,
    agenda_set_by: str | None = None,
    chaired_by: str = "",
    sponsor_present: bool | None = None,
    declared_influence: str | None = None,
    actual_influence: str | None = None,
    attended: Mapping[uuid.UUID, bool] | None = None,
    people: Mapping[str, int] | None = None,
) -> uuid.UUID:
    """Plan or record an engagement; `attended` says of each stakeholder expected whether they came, `people`
    how many of each stakeholder group did."""
    require(actor, "project.write")
    today = clock.today(session, now)
    if held_on is None:
        raise Invalid("Held on is missing. Please choose a day.", field="held_on")
    if held_on > today and (attended or actual_influence or any((people or {}).values())):
        raise Invalid(
            "An engagement in the future cannot have attendance or an outcome yet.", field="held_on"
        )
    engagement = Engagement(
        project_id=project_id,
        kind=text.chosen(kind, ENGAGEMENT_KINDS, "Kind"),
        title=text.line(title, "Title"),
        held_on=text.happened(held_on, today, "Held on")
        if held_on <= today
        else text.planned(held_on, today, "Held on"),
        agenda_set_by=text.chosen_or_none(agenda_set_by, AGENDA_SETTERS, "Agenda"),
        chaired_by=text.line(chaired_by, "Chair", required=False),
        sponsor_present=sponsor_present,
        declared_influence=text.chosen_or_none(declared_influence, INFLUENCES, "Declared influence"),
        actual_influence=text.chosen_or_none(actual_influence, INFLUENCES, "Actual influence"),
    )
    session.add(engagement)
    session.flush()
    _set_attendance(session, engagement, attended or {})
    remember(session, actor, engagement, "recorded", now=now, on=min(held_on, today))
    if people:
        _count_groups(session, actor, engagement, people, now)
    return engagement.id


def edit_engagement(
    session: Session,
    actor: Actor,
    engagement_id: uuid.UUID,
    *,
    version: int,
    title: str,
    chaired_by: str,
    sponsor_present: bool | None,
    actual_influence: str | None,
    attended: Mapping[uuid.UUID, bool],
    now: dt.datetime,
    people: Mapping[str, int] | None = None,
) -> None:
    """Complete or correct an engagement after it was held: who came, how many of each stakeholder group (as
    counted before, where nothing is said), and what it changed.

    What was declared before it is not to be changed afterwards.
    """
    require(actor, "project.write")
    engagement = fetch(session, Engagement, engagement_id, "engagement")
    guard_version(engagement, version)
    if engagement.held_on > clock.today(session, now):
        day = text.spoken(engagement.held_on)
        raise Invalid(f"This engagement takes place on {day}; complete it afterwards.")
    engagement.title = text.line(title, "Title")
    before = change(
        engagement,
        chaired_by=text.line(chaired_by, "Chair", required=False),
        sponsor_present=sponsor_present,
        actual_influence=text.chosen_or_none(actual_influence, INFLUENCES, "Actual influence"),
    )
    came = {
        row.stakeholder_id: row.attended
        for row in session.scalars(select(Attendance).where(Attendance.engagement_id == engagement_id))
    }
    if came != dict(attended):
        before["attended"] = {str(key): here for key, here in came.items()}
        session.execute(delete(Attendance).where(Attendance.engagement_id == engagement_id))
        _set_attendance(session, engagement, attended)
    remember(session, actor, engagement, "completed", now=now, before=before)
    if people is not None:
        _count_groups(session, actor, engagement, people, now)


def _set_attendance(session: Session, engagement: Engagement, attended: Mapping[uuid.UUID, bool]) -> None:
    for stakeholder_id, came in attended.items():
        stakeholder = fetch(session, Stakeholder, stakeholder_id, "stakeholder")
        if stakeholder.project_id != engagement.project_id:
            raise Invalid("Attendance can only name stakeholders of the same project.")
        session.add(Attendance(engagement_id=engagement.id, stakeholder_id=stakeholder_id, attended=came))


def _count_groups(
    session: Session, actor: Actor, engagement: Engagement, people: Mapping[str, int], now: dt.datetime
) -> None:
    """Record how many of each group came, people without a pseudonym included."""
    counted = {
        text.chosen(group, COUNTED_GROUPS, "Group"): text.number(number, "People", 0, 100_000)
        for group, number in people.items()
        if number
    }
    rows = select(GroupAttendance.group_name, GroupAttendance.people).where(
        GroupAttendance.engagement_id == engagement.id
    )
    before = {group: number for group, number in session.execute(rows)}
    if before == counted:
        return
    session.execute(delete(GroupAttendance).where(GroupAttendance.engagement_id == engagement.id))
    session.add_all(
        GroupAttendance(engagement_id=engagement.id, group_name=group, people=number)
        for group, number in counted.items()
    )
    remember(session, actor, engagement, "counted", now=now, before=before)


def add_contribution(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    *,
    words: str,
    now: dt.datetime,
    stakeholder_id: uuid.UUID | None = None,
    engagement_id: uuid.UUID | None = None,
    cluster: str = "",
    said_on: When = TODAY,
) -> uuid.UUID:
    """Keep what somebody said, in their words."""
    require(actor, "project.write")
    day = clock.happened(session, said_on, now, "Said on")
    contribution = Contribution(
        project_id=project_id,
        engagement_id=engagement_id,
        stakeholder_id=stakeholder_id,
        text=text.paragraph(words, "Contribution"),
        cluster=text.line(cluster, "Cluster", required=False),
        said_on=day,
    )
    session.add(contribution)
    session.flush()
    remember(session, actor, contribution, "said", now=now, on=day)
    return contribution.id


def edit_contribution(
    session: Session,
    actor: Actor,
    contribution_id: uuid.UUID,
    *,
    version: int,
    words: str,
    cluster: str,
    now: dt.datetime,
) -> None:
    """Correct how something was written down, or put it in another cluster."""
    require(actor, "project.write")
    contribution = fetch(session, Contribution, contribution_id, "contribution")
    guard_version(contribution, version)
    contribution.text = text.paragraph(words, "Contribution")
    contribution.cluster = text.line(cluster, "Cluster", required=False)
    remember(session, actor, contribution, "edited", now=now)


def choose_contribution(
    session: Session, actor: Actor, contribution_id: uuid.UUID, *, chosen: bool, now: dt.datetime
) -> None:
    """Choose an idea to be prototyped, or take the choice back."""
    require(actor, "project.write")
    contribution = fetch(session, Contribution, contribution_id, "contribution")
    contribution.chosen = chosen
    contribution.version += 1
    verb = "chosen" if chosen else "unchosen"
    remember(session, actor, contribution, verb, now=now)


def record_pulse(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    *,
    trust: int,
    difference: int,
    now: dt.datetime,
    stakeholder_id: uuid.UUID | None = None,
    engagement_id: uuid.UUID | None = None,
    comment: str = "",
    answered_on: When = TODAY,
) -> uuid.UUID:
    """Keep one person's two answers, from 1 (not at all) to 5 (wholly)."""
    require(actor, "project.write")
    day = clock.happened(session, answered_on, now, "Answered on")
    pulse = Pulse(
        project_id=project_id,
        engagement_id=engagement_id,
        stakeholder_id=stakeholder_id,
        answered_on=day,
        **rules.pulse(trust, difference, comment),
    )
    session.add(pulse)
    session.flush()
    remember(session, actor, pulse, "answered", now=now, on=day)
    return pulse.id
