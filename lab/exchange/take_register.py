"""Writing a register that was kept elsewhere into the lab, through the commands people use."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Project, Recommendation
from lab.access.rights import Actor, require
from lab.exchange.register import PlannedRecommendation, RegisterPlan
from lab.followthrough import commands as followthrough
from lab.foundation import text
from lab.lifecycle.commands import move_project
from lab.projects.commands import name_sponsor, start_project

IMPORTED = "Imported from a register kept elsewhere"


def take_register(session: Session, actor: Actor, plan: RegisterPlan, *, now: dt.datetime) -> dict[str, int]:
    """Write what the plan holds and the lab does not yet; a second run adds nothing.

    Returns:
        How many recommendations, projects and dated responses were added, how many recommendations were
        already there, and how many replies had no date that could be read (they are kept as progress notes).
    """
    require(actor, "lab.administer")
    counts = {"recommendations": 0, "projects": 0, "already_there": 0, "responses": 0, "undated_replies": 0}
    by_project: dict[str, list[PlannedRecommendation]] = defaultdict(list)
    for planned in plan.recommendations:
        by_project[planned.project_key].append(planned)
    for key, rows in by_project.items():
        project_id = session.scalar(select(Project.id).where(Project.reference == key))
        if project_id is None:
            project_id = _start(session, actor, key, rows, now)
            counts["projects"] += 1
        known = set(
            session.scalars(select(Recommendation.reference).where(Recommendation.project_id == project_id))
        )
        for planned in rows:
            reference = planned.reference or f"row {planned.row}"
            if reference in known:
                counts["already_there"] += 1
                continue
            known.add(reference)
            dated, undated = _take(session, actor, project_id, reference, planned, now)
            counts["recommendations"] += 1
            counts["responses"] += dated
            counts["undated_replies"] += undated
    return counts


def _start(
    session: Session, actor: Actor, key: str, rows: list[PlannedRecommendation], now: dt.datetime
) -> uuid.UUID:
    days = [planned.sent_on for planned in rows if planned.sent_on]
    opened = min(days, default=now.date())
    project_id = start_project(
        session,
        actor,
        title=text.shortened(rows[0].project_title or key, 200),
        challenge=IMPORTED,
        sponsor=text.shortened(rows[0].addressed_to or "Not named", 200),
        reference=key,
        opened_on=opened,
        now=now,
    )
    move_project(session, actor, project_id, stage="recommend", reason=IMPORTED, on=opened, now=now)
    return project_id


def _take(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    reference: str,
    planned: PlannedRecommendation,
    now: dt.datetime,
) -> tuple[int, int]:
    sent_on = planned.sent_on or now.date()
    recommendation = followthrough.draft_recommendation(
        session,
        actor,
        project_id,
        title=text.shortened(planned.title, 200),
        words=planned.text,
        sponsor_id=name_sponsor(session, actor, planned.addressed_to or "Not named", now),
        reference=reference,
        recorded_on=sent_on,
        now=now,
    )
    followthrough.send_recommendation(session, actor, recommendation, on=sent_on, now=now)
    dated = undated = 0
    news, status = sent_on, "sent"
    for reply in planned.replies:
        day = reply.received_on
        if day is None or day < news or day > now.date():
            day, undated = None, undated + 1
        if reply.answer and status == "sent":
            followthrough.answer_recommendation(
                session,
                actor,
                recommendation,
                answer=reply.answer,
                reason=reply.text,
                on=day or news,
                is_date_known=day is not None,
                now=now,
            )
            status, news = reply.answer, day or news
            dated += day is not None
        elif day is not None and status not in ("sent", "declined"):
            followthrough.report_progress(
                session,
                actor,
                recommendation,
                what=reply.text,
                evidence="Reply in the register",
                on=day,
                now=now,
            )
            news, dated = day, dated + 1
        else:
            followthrough.note_reply(
                session, actor, recommendation, words=reply.text, on=day or news, now=now
            )
            dated += day is not None
    return dated, undated
