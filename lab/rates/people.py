"""What became of what people said: who heard back, who waits, what was confirmed, what they foresaw."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from db.models import (
    Attendance,
    Contribution,
    Engagement,
    Event,
    Expectation,
    ForeseenRisk,
    Project,
    PrototypeTest,
    Recommendation,
    Reply,
    Stakeholder,
    recommendation_expectation,
)
from db.reading import columns, raw
from db.words import FINDINGS, INFLUENCES
from lab.followthrough.rules import OPEN_STATUSES
from lab.past.columns import NEVER, Days, Projects, Recommendations, numbers
from lab.rates.statistics import Share, share
from lab.rates.story import day
from lab.rates.survival import RUNNING

WAITING_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Replies:
    """Replies in columns, project by project in the order of time."""

    project: Days
    """Row of the project."""
    told: Days
    promised: Days
    """The day for which news was promised next, or `NEVER`."""


@dataclass(frozen=True, slots=True)
class HeardBack:
    """Of the people who took part, how many were told in time what became of what they said.

    People: those a stakeholder record stands for (`people`), if they came to an engagement, contributed
    or told the lab an expectation, and have not taken back their consent. Each is judged once, by the last
    day on which they took part whose time is up. Time is up when the project's cadence has passed, or, if
    the last reply before that day promised news for a later day, on that day. Told means: a reply to the
    project's people on that day or later and before time was up. A reply is taken to reach everybody in
    its project. Whoever took part too recently for their time to be up counts neither way.

    Everybody is counted, nobody is sampled, and the people of one project hear together: so there is no
    interval, which would pretend that each heard or not by chance.
    """

    told: int
    due: int
    """People whose time was up."""
    rate: float | None
    """Told of due; None when nobody's time was up."""
    projects: int
    """Projects these people belong to."""
    late: int
    """Told after their time was up."""
    never: int
    """Not told since."""
    not_yet_due: int


@dataclass(frozen=True, slots=True)
class Claims:
    """What the lab claims of expectations beside what those who asked say. Never to be added together."""

    claimed_met: int
    claimed_partly: int
    confirmed: int
    """Of those claimed met: those who asked say yes."""
    confirmed_partly: int
    contradicted: int
    """Of those claimed met: those who asked say no."""
    unasked: int
    """Of those claimed met: no verdict yet."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What became of the risks people foresaw."""

    findings: dict[str, int]
    hits: Share
    """Occurred, of those with a finding that tells (occurred or did not)."""
    before_the_test: Share
    """Of those that occurred, how many were on record before their prototype was first tested. Problems
    that nobody foresaw are not kept as records, so what share of all problems was foreseen is not known."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that does not move, with the people who wait for it."""

    project_id: uuid.UUID
    project: str
    record_id: uuid.UUID | None
    """The recommendation, or None where the whole project is silent."""
    title: str
    why: str
    """`unanswered`, `no_news`, `past_due`, `moved_twice` (as stalled recommendations), or `silent`: news
    promised to the people and not given."""
    since: dt.date
    people: int
    days_unheard: int
    """Days since the project's people last heard."""

    @property
    def person_days(self) -> int:
        """People times days: what lists of late things are ordered by."""
        return self.people * self.days_unheard


def heard_back(session: Session, projects: Projects, replies: Replies, as_of: dt.date) -> HeardBack:
    """The heard-back rate on a day. One statement."""
    if not projects.total:
        return HeardBack(0, 0, None, 0, 0, 0, 0)
    keys, days, people = columns(session, _took_part(projects, as_of), 3)
    row = projects.rows(keys)
    took, people_of = numbers(days), np.array(people, dtype=np.int64)
    due = (took != NEVER) & (row >= 0)
    not_yet_due = int(people_of[~due & (row >= 0)].sum())
    row, took, people_of = row[due], took[due], people_of[due]
    time_up = took + projects.cadence[row]
    replied, told_on, promised = replies.project, replies.told, replies.promised
    # Replies in one sorted line: a project's stretch of it, and in it the days.
    line = replied * _SPAN + told_on
    place = np.searchsorted(line, row * _SPAN + took, side="left")
    following = np.where(
        (place < len(line)) & (np.append(replied, -1)[place] == row), np.append(told_on, NEVER)[place], NEVER
    )
    before = place - 1
    has_promise = (before >= 0) & (np.append(replied, -1)[before] == row)
    later = np.where(has_promise, np.append(promised, NEVER)[before], NEVER)
    time_up = np.where(later == NEVER, time_up, np.maximum(time_up, later))
    told = following <= time_up
    open_still = ~told & (time_up >= projects.as_of)
    late = ~told & ~open_still & (following != NEVER)
    in_time, whole = int(people_of[told].sum()), int(people_of[~open_still].sum())
    return HeardBack(
        told=in_time,
        due=whole,
        rate=in_time / whole if whole else None,
        projects=len(np.unique(row[~open_still])),
        late=int(people_of[late].sum()),
        never=int(people_of[~told & ~open_still & ~late].sum()),
        not_yet_due=not_yet_due + int(people_of[open_still].sum()),
    )


_SPAN: Final = 1_000_000
"""More days than there are since 1970: keeps projects apart in one sorted line."""


def _took_part(projects: Projects, as_of: dt.date) -> Any:
    """(project, last day of taking part whose cadence has passed, people).

    For each cadence there is, the last such day is found of everybody in one pass; looking up each
    person's own cadence for each time they took part takes twice as long.
    """
    part = union_all(
        select(Attendance.stakeholder_id.label("who"), Engagement.held_on.label("day"))
        .join(Engagement, Engagement.id == Attendance.engagement_id)
        .where(Attendance.attended, Engagement.held_on <= as_of),
        select(Contribution.stakeholder_id, Contribution.said_on).where(
            Contribution.stakeholder_id.is_not(None), Contribution.said_on <= as_of
        ),
        select(Expectation.stakeholder_id, Expectation.recorded_on).where(
            Expectation.stakeholder_id.is_not(None), Expectation.recorded_on <= as_of
        ),
    ).subquery()
    last = {
        days: func.max(case((part.c.day <= as_of - dt.timedelta(days=days), part.c.day))).label(
            f"after_{days}"
        )
        for days in np.unique(projects.cadence).tolist()
    }
    person = select(part.c.who, *last.values()).group_by(part.c.who).subquery()
    day_of_own = case(
        {days: person.c[column.name] for days, column in last.items()}, value=Project.cadence_days
    )
    return (
        select(raw(Stakeholder.project_id), day_of_own, func.sum(Stakeholder.people))
        .select_from(person)
        .join(Stakeholder, Stakeholder.id == person.c.who)
        .join(Project, Project.id == Stakeholder.project_id)
        .where(or_(Stakeholder.consent_withdrawn_on.is_(None), Stakeholder.consent_withdrawn_on > as_of))
        .group_by(Stakeholder.project_id, day_of_own)
    )


def read_replies(session: Session, projects: Projects, as_of: dt.date) -> Replies:
    """Every reply to a project's people up to a day. One statement."""
    keys, told, promised = columns(
        session,
        select(raw(Reply.project_id), Reply.told_on, Reply.next_news_on).where(Reply.told_on <= as_of),
        3,
    )
    row, told_on, next_news = projects.rows(keys), numbers(told), numbers(promised)
    order = np.lexsort((told_on, row))
    order = order[row[order] >= 0]
    return Replies(row[order], told_on[order], next_news[order])


def claims(session: Session, as_of: dt.date) -> Claims:
    """Claims that stood on a day, with the verdicts given by then. Two statements.

    A verdict holds until another is given or the claim is taken back. Where nothing has happened to any
    expectation since, the present columns are that day's; else the log is read.
    """
    standing = (
        _claims_in_the_log(as_of)
        if _happened_since(session, "expectation", as_of)
        else select(Expectation.state.label("claim"), Expectation.verdict.label("verdict")).where(
            Expectation.state.in_(("met", "partly_met"))
        )
    ).subquery()
    counts = {
        (claim, said): count
        for claim, said, count in session.execute(
            select(standing.c.claim, standing.c.verdict, func.count()).group_by(
                standing.c.claim, standing.c.verdict
            )
        )
    }
    met = {said: count for (claim, said), count in counts.items() if claim == "met"}
    return Claims(
        claimed_met=sum(met.values()),
        claimed_partly=sum(count for (claim, _), count in counts.items() if claim == "partly_met"),
        confirmed=met.get("yes", 0),
        confirmed_partly=met.get("partly", 0),
        contradicted=met.get("no", 0),
        unasked=met.get(None, 0),
    )


def _happened_since(session: Session, subject: str, as_of: dt.date) -> bool:
    since = select(Event.id).where(Event.subject_type == subject, Event.day > as_of).limit(1)
    return session.scalar(since) is not None


def _claims_in_the_log(as_of: dt.date) -> Select[Any]:
    later, taken_back, judged = aliased(Event), aliased(Event), aliased(Event)
    stands = ~exists().where(
        later.subject_id == Event.subject_id,
        later.to_state.is_not(None),
        later.day <= as_of,
        _after(later, Event),
    )
    verdict = (
        select(judged.detail["verdict"].as_string())
        .where(
            judged.subject_id == Event.subject_id,
            judged.verb == "judged",
            judged.day <= as_of,
            ~exists().where(
                taken_back.subject_id == judged.subject_id,
                taken_back.to_state == "in_hand",
                taken_back.day <= as_of,
                _after(taken_back, judged),
            ),
        )
        .order_by(judged.at.desc(), judged.id.desc())
        .limit(1)
        .correlate(Event)
        .scalar_subquery()
    )
    return select(Event.to_state.label("claim"), verdict.label("verdict")).where(
        Event.subject_type == "expectation",
        Event.to_state.in_(("met", "partly_met")),
        Event.day <= as_of,
        stands,
    )


def _after(later: Any, earlier: Any) -> ColumnElement[bool]:
    """In the order of the log: by when it happened, then by when it was written."""
    return or_(later.at > earlier.at, and_(later.at == earlier.at, later.id > earlier.id))


def foreseen(session: Session, as_of: dt.date) -> Foreseen:
    """The risks raised by a day, with what had been found by then. Two statements."""
    in_the_log = (
        select(Event.to_state)
        .where(
            Event.subject_id == ForeseenRisk.id,
            Event.subject_type == "foreseen_risk",
            Event.to_state.is_not(None),
            Event.day <= as_of,
        )
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(1)
        .correlate(ForeseenRisk)
        .scalar_subquery()
    )
    finding = in_the_log if _happened_since(session, "foreseen_risk", as_of) else ForeseenRisk.finding
    first_test = (
        select(func.min(PrototypeTest.held_on))
        .where(PrototypeTest.prototype_id == ForeseenRisk.prototype_id, PrototypeTest.held_on <= as_of)
        .correlate(ForeseenRisk)
        .scalar_subquery()
    )
    risk = (
        select(
            func.coalesce(finding, "untested").label("finding"),
            case(
                (ForeseenRisk.raised_on < func.coalesce(first_test, ForeseenRisk.raised_on), 1), else_=0
            ).label("early"),
        )
        .where(ForeseenRisk.raised_on <= as_of)
        .subquery()
    )
    found = dict.fromkeys(FINDINGS, 0)
    early = 0
    for word, was_early, count in session.execute(
        select(risk.c.finding, risk.c.early, func.count()).group_by(risk.c.finding, risk.c.early)
    ):
        found[word] += count
        early += count if was_early and word.startswith("occurred") else 0
    occurred = found["occurred_fixed"] + found["occurred_open"]
    return Foreseen(found, share(occurred, occurred + found["did_not_occur"]), share(early, occurred))


def influence(session: Session, as_of: dt.date) -> tuple[tuple[str, str, int], ...]:
    """(declared, actual, engagements) where both are recorded, in the order of the scale. One statement."""
    rows = session.execute(
        select(Engagement.declared_influence, Engagement.actual_influence, func.count())
        .where(
            Engagement.held_on <= as_of,
            Engagement.declared_influence.is_not(None),
            Engagement.actual_influence.is_not(None),
        )
        .group_by(Engagement.declared_influence, Engagement.actual_influence)
    )
    counts = {(declared, actual): count for declared, actual, count in rows}
    return tuple(
        (declared, actual, counts[declared, actual])
        for declared in INFLUENCES
        for actual in INFLUENCES
        if (declared, actual) in counts
    )


def waiting(
    session: Session,
    projects: Projects,
    recommendations: Recommendations,
    replies: Replies,
    as_of: dt.date,
) -> tuple[int, int, tuple[Waiting, ...]]:
    """(how many things people wait for, person-days in all, the 20 with most person-days). Four statements.

    Stalled recommendations of every project, and running projects whose people were promised news that
    has not come. On a recommendation hang those whose expectations it serves and those who worried about
    its prototype; where it names nobody, everybody active in the project. Days count since the last reply
    to the project's people, or since it was opened.
    """
    active = _people_of_projects(session, projects, as_of)
    heard = projects.opened.copy()
    heard[replies.project] = replies.told
    unheard = np.maximum(projects.as_of - heard, 0)
    news = heard + projects.cadence
    next_news = np.full(projects.total, NEVER)
    next_news[replies.project] = replies.promised
    news = np.where(next_news == NEVER, news, next_news)

    named = _people_of_recommendations(session, as_of)
    since = np.column_stack(list(recommendations.stalled_since().values()))
    first, whose = since.min(axis=1, initial=NEVER), since.argmin(axis=1) if since.size else np.array([], int)
    items: list[tuple[int, int, int, int]] = []
    for place in np.flatnonzero(first != NEVER).tolist():
        row = projects.place_of[recommendations.project[place]]
        people = named.get(recommendations.keys[place], int(active[row]))
        items.append((people * int(unheard[row]), people, row, place))
    silent = (projects.cause == RUNNING) & (news < projects.as_of)
    for row in np.flatnonzero(silent).tolist():
        items.append((int(active[row] * unheard[row]), int(active[row]), row, -1))

    def order(item: tuple[int, int, int, int]) -> tuple[int, int, str]:
        return -item[0], item[2], str(recommendations.keys[item[3]]) if item[3] >= 0 else ""

    items = sorted((item for item in items if item[0]), key=order)
    whys = tuple(recommendations.stalled_since())
    shown = items[:WAITING_SHOWN]
    key_of = {row: key for key, row in projects.place_of.items()} if shown else {}
    titles = _titles(session, Project, [key_of[row] for _, _, row, _ in shown])
    asks = _titles(session, Recommendation, [recommendations.keys[each] for *_, each in shown if each >= 0])
    return (
        len(items),
        sum(item[0] for item in items),
        tuple(
            Waiting(
                project_id=titles[key_of[row]][0],
                project=titles[key_of[row]][1],
                record_id=asks[recommendations.keys[place]][0] if place >= 0 else None,
                title=asks[recommendations.keys[place]][1] if place >= 0 else titles[key_of[row]][1],
                why=whys[int(whose[place])] if place >= 0 else "silent",
                since=day(int(first[place])) if place >= 0 else day(int(news[row])),
                people=people,
                days_unheard=int(unheard[row]),
            )
            for _, people, row, place in shown
        ),
    )


def _titles(session: Session, model: Any, keys: list[Any]) -> dict[Any, tuple[uuid.UUID, str]]:
    ids = {uuid.UUID(str(key)): key for key in keys}
    rows = session.execute(select(model.id, model.title).where(model.id.in_(ids)))
    return {ids[found]: (found, title) for found, title in rows}


def _active(as_of: dt.date) -> ColumnElement[bool]:
    return and_(
        Stakeholder.joined_on <= as_of,
        or_(Stakeholder.withdrawn_on.is_(None), Stakeholder.withdrawn_on > as_of),
    )


def _people_of_projects(session: Session, projects: Projects, as_of: dt.date) -> np.ndarray[Any, Any]:
    keys, people = columns(
        session,
        select(raw(Stakeholder.project_id), func.sum(Stakeholder.people))
        .where(_active(as_of))
        .group_by(Stakeholder.project_id),
        2,
    )
    found = np.zeros(projects.total, dtype=np.int64)
    for key, count in zip(keys, people, strict=True):
        if key in projects.place_of:
            found[projects.place_of[key]] = count
    return found


def _people_of_recommendations(session: Session, as_of: dt.date) -> dict[Any, int]:
    """People with an expectation or a worry hanging on each recommendation that may be open; those who
    left wait no longer."""
    links = recommendation_expectation.c
    may_be_open = or_(Recommendation.status.in_(OPEN_STATUSES), Recommendation.last_news_on > as_of)
    hanging = (
        select(links.recommendation_id.label("recommendation"), Expectation.stakeholder_id.label("who"))
        .join(Expectation, Expectation.id == links.expectation_id)
        .join(Recommendation, Recommendation.id == links.recommendation_id)
        .where(may_be_open, Expectation.recorded_on <= as_of, Expectation.stakeholder_id.is_not(None))
        .union(
            select(Recommendation.id, ForeseenRisk.stakeholder_id)
            .join(ForeseenRisk, ForeseenRisk.prototype_id == Recommendation.prototype_id)
            .where(may_be_open, ForeseenRisk.raised_on <= as_of, ForeseenRisk.stakeholder_id.is_not(None))
        )
        .subquery()
    )
    keys, people = columns(
        session,
        select(raw(hanging.c.recommendation), func.sum(case((_active(as_of), Stakeholder.people), else_=0)))
        .join(Stakeholder, Stakeholder.id == hanging.c.who)
        .group_by(hanging.c.recommendation),
        2,
    )
    return dict(zip(keys, (int(each) for each in people), strict=True))
