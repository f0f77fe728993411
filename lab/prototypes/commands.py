"""Record prototypes, foreseen risks and tests."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from db.models import ForeseenRisk, Picture, Project, Prototype, PrototypeTest, prototype_expectation
from db.words import FIDELITIES, FINDINGS, TEST_DECISIONS
from lab.access.rights import Actor, require
from lab.foundation import clock, text
from lab.foundation.clock import TODAY, When
from lab.foundation.errors import Invalid, NotFound
from lab.foundation.events import remember
from lab.foundation.records import change, fetch, guard_version
from lab.pictures.safe import SafePicture


def make_prototype(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    *,
    title: str,
    fidelity: str,
    now: dt.datetime,
    question: str = "",
    cost_estimate: int | None = None,
    contribution_id: uuid.UUID | None = None,
    expectation_ids: Sequence[uuid.UUID] = (),
    made_on: When = TODAY,
    is_public: bool = False,
) -> uuid.UUID:
    """Record a prototype, the idea it came from and the expectations it serves."""
    require(actor, "project.write")
    day = clock.happened(session, made_on, now, "Made on")
    prototype = Prototype(
        project_id=project_id,
        contribution_id=contribution_id,
        title=text.line(title, "Title"),
        question=text.paragraph(question, "Question", required=False, limit=1000),
        fidelity=text.chosen(fidelity, FIDELITIES, "Fidelity"),
        cost_estimate=_cost(cost_estimate),
        made_on=day,
        is_public=is_public,
    )
    session.add(prototype)
    session.flush()
    _set_expectations(session, prototype.id, expectation_ids)
    remember(session, actor, prototype, "made", now=now, on=day)
    return prototype.id


def edit_prototype(
    session: Session,
    actor: Actor,
    prototype_id: uuid.UUID,
    *,
    version: int,
    title: str,
    question: str,
    fidelity: str,
    cost_estimate: int | None,
    expectation_ids: Sequence[uuid.UUID],
    is_public: bool,
    now: dt.datetime,
) -> None:
    """Correct what is recorded of a prototype."""
    require(actor, "project.write")
    prototype = fetch(session, Prototype, prototype_id, "prototype")
    guard_version(prototype, version)
    prototype.title = text.line(title, "Title")
    prototype.question = text.paragraph(question, "Question", required=False, limit=1000)
    before = change(
        prototype,
        fidelity=text.chosen(fidelity, FIDELITIES, "Fidelity"),
        cost_estimate=_cost(cost_estimate),
        is_public=is_public,
    )
    links = prototype_expectation.c
    served = session.scalars(select(links.expectation_id).where(links.prototype_id == prototype_id)).all()
    if set(served) != set(expectation_ids):
        before["expectations"] = sorted(str(key) for key in served)
    _set_expectations(session, prototype_id, expectation_ids)
    remember(session, actor, prototype, "edited", now=now, before=before)


def _cost(value: int | None) -> int | None:
    return None if value is None else text.number(value, "Cost estimate", 0, 2_000_000_000)


def _set_expectations(
    session: Session, prototype_id: uuid.UUID, expectation_ids: Sequence[uuid.UUID]
) -> None:
    session.execute(delete(prototype_expectation).where(prototype_expectation.c.prototype_id == prototype_id))
    if expectation_ids:
        session.execute(
            insert(prototype_expectation),
            [{"prototype_id": prototype_id, "expectation_id": key} for key in dict.fromkeys(expectation_ids)],
        )


def add_picture(
    session: Session,
    actor: Actor,
    prototype_id: uuid.UUID,
    picture: SafePicture,
    *,
    description: str,
    now: dt.datetime,
) -> uuid.UUID:
    """Attach a picture that `lab.pictures` has made safe; the description is its text alternative."""
    require(actor, "project.write")
    prototype = fetch(session, Prototype, prototype_id, "prototype")
    row = Picture(
        prototype_id=prototype_id,
        description=text.line(description, "Description of the picture"),
        media_type=picture.media_type,
        screen=picture.screen,
        screen_width=picture.screen_width,
        screen_height=picture.screen_height,
        thumbnail=picture.thumbnail,
        thumbnail_width=picture.thumbnail_width,
        thumbnail_height=picture.thumbnail_height,
        sha256=picture.sha256,
        added_on=clock.today(session, now),
    )
    session.add(row)
    session.flush()
    remember(session, actor, prototype, "pictured", now=now)
    return row.id


def remove_picture(session: Session, actor: Actor, picture_id: uuid.UUID, now: dt.datetime) -> None:
    """Delete a picture."""
    require(actor, "project.write")
    picture = fetch(session, Picture, picture_id, "picture")
    prototype = fetch(session, Prototype, picture.prototype_id, "prototype")
    session.delete(picture)
    remember(session, actor, prototype, "picture_removed", now=now)


def foresee_risk(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    *,
    statement: str,
    now: dt.datetime,
    prototype_id: uuid.UUID | None = None,
    stakeholder_id: uuid.UUID | None = None,
    contribution_id: uuid.UUID | None = None,
    raised_on: When = TODAY,
) -> uuid.UUID:
    """Record a worry somebody raised about a prototype, or about the project as a whole.

    Raises:
        NotFound: the project has no such prototype.
    """
    require(actor, "project.write")
    project = fetch(session, Project, project_id, "project")
    if prototype_id and fetch(session, Prototype, prototype_id, "prototype").project_id != project.id:
        raise NotFound("This project has no such prototype.")
    risk = ForeseenRisk(
        project_id=project.id,
        prototype_id=prototype_id,
        stakeholder_id=stakeholder_id,
        contribution_id=contribution_id,
        raised_on=clock.happened(session, raised_on, now, "Raised on"),
        statement=text.paragraph(statement, "Foreseen risk", limit=1000),
    )
    session.add(risk)
    session.flush()
    remember(session, actor, risk, "raised", now=now, on=risk.raised_on, to_state="untested")
    return risk.id


def record_finding(
    session: Session,
    actor: Actor,
    risk_id: uuid.UUID,
    *,
    finding: str,
    note: str,
    now: dt.datetime,
    on: When = TODAY,
) -> None:
    """Record what was found about a foreseen risk; accepting it untested needs a reason."""
    require(actor, "project.write")
    risk = fetch(session, ForeseenRisk, risk_id, "foreseen risk")
    cleaned = text.paragraph(note, "Note", required=False, limit=1000)
    if finding == "accepted" and not cleaned:
        raise Invalid("Accepting a risk needs a reason that those who raised it can read.", field="note")
    day = clock.happened(session, on, now, "Found on")
    before = risk.finding
    risk.finding = text.chosen(finding, FINDINGS, "Finding")
    risk.finding_note = cleaned
    risk.version += 1
    remember(
        session, actor, risk, "found", now=now, on=day, from_state=before, to_state=finding, reason=cleaned
    )


def record_test(
    session: Session,
    actor: Actor,
    prototype_id: uuid.UUID,
    *,
    held_on: dt.date | None,
    participants: int | None,
    findings: str,
    sponsor_present: bool | None,
    decision: str,
    now: dt.datetime,
    method: str = "",
) -> uuid.UUID:
    """Record a test of the present iteration; the decision to iterate begins the next one."""
    require(actor, "project.write")
    prototype = fetch(session, Prototype, prototype_id, "prototype")
    day = clock.happened(session, held_on, now, "Held on")
    test = PrototypeTest(
        project_id=prototype.project_id,
        prototype_id=prototype_id,
        iteration=prototype.iteration,
        held_on=day,
        participants=text.number(participants, "Participants", 0, 100_000),
        method=text.line(method, "Method", required=False),
        findings=text.paragraph(findings, "Findings"),
        sponsor_present=sponsor_present,
        decision=text.chosen(decision, TEST_DECISIONS, "Decision"),
    )
    session.add(test)
    if decision == "iterate":
        prototype.iteration += 1
        prototype.version += 1
    session.flush()
    remember(session, actor, test, "tested", now=now, on=day, to_state=decision)
    return test.id


def edit_test(
    session: Session,
    actor: Actor,
    test_id: uuid.UUID,
    *,
    version: int,
    participants: int | None,
    method: str,
    findings: str,
    sponsor_present: bool | None,
    now: dt.datetime,
) -> None:
    """Correct a test. Date and decision can't be changed: later steps depend on them."""
    require(actor, "project.write")
    test = fetch(session, PrototypeTest, test_id, "test")
    guard_version(test, version)
    test.method = text.line(method, "Method", required=False)
    test.findings = text.paragraph(findings, "Findings")
    before = change(
        test,
        participants=text.number(participants, "Participants", 0, 100_000),
        sponsor_present=sponsor_present,
    )
    remember(session, actor, test, "edited", now=now, before=before)
