"""Record the people of a project, their consent and how to reach them."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Account, Contact, Stakeholder
from db.words import GROUPS, VOICE_ROLES, WITHDRAWAL_REASONS
from lab.access.rights import Actor, require
from lab.foundation import clock, text
from lab.foundation.clock import TODAY, When
from lab.foundation.errors import Conflict, Invalid, WrongTransition
from lab.foundation.events import remember
from lab.foundation.folding import fold
from lab.foundation.records import change, fetch, guard_version


def add_stakeholder(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    *,
    pseudonym: str,
    group: str,
    now: dt.datetime,
    voice_role: str | None = None,
    expert_by_experience: bool | None = None,
    people: int = 1,
    consent_for: str = "",
    joined_on: When = TODAY,
    account_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Record a person or group with a stake, under a pseudonym unlike the others in the project.

    Raises:
        Conflict: the pseudonym is taken. Invalid: the account is not a stakeholder's.
    """
    require(actor, "project.write")
    cleaned = text.line(pseudonym, "Pseudonym", limit=80)
    theirs = session.scalars(select(Stakeholder.pseudonym).where(Stakeholder.project_id == project_id))
    if fold(cleaned) in map(fold, theirs):
        raise Conflict(f"“{cleaned}” is already somebody else in this project. Choose another pseudonym.")
    _check_account(session, account_id)
    day = clock.happened(session, joined_on, now, "Joined on")
    consent = text.line(consent_for, "Consent", required=False)
    stakeholder = Stakeholder(
        project_id=project_id,
        pseudonym=cleaned,
        group_name=text.chosen(group, GROUPS, "Group"),
        voice_role=text.chosen_or_none(voice_role, VOICE_ROLES, "Voice or action"),
        expert_by_experience=expert_by_experience,
        people=text.number(people, "People", 1, 100_000),
        joined_on=day,
        consent_for=consent,
        consent_on=day if consent else None,
        account_id=account_id,
    )
    session.add(stakeholder)
    session.flush()
    remember(session, actor, stakeholder, "joined", now=now, on=day, to_state="active")
    return stakeholder.id


def edit_stakeholder(
    session: Session,
    actor: Actor,
    stakeholder_id: uuid.UUID,
    *,
    version: int,
    group: str,
    voice_role: str | None,
    expert_by_experience: bool | None,
    people: int,
    now: dt.datetime,
) -> None:
    """Correct what is recorded of a stakeholder."""
    require(actor, "project.write")
    stakeholder = fetch(session, Stakeholder, stakeholder_id, "stakeholder")
    guard_version(stakeholder, version)
    before = change(
        stakeholder,
        group_name=text.chosen(group, GROUPS, "Group"),
        voice_role=text.chosen_or_none(voice_role, VOICE_ROLES, "Voice or action"),
        expert_by_experience=expert_by_experience,
        people=text.number(people, "People", 1, 100_000),
    )
    remember(session, actor, stakeholder, "edited", now=now, before=before)


def count_people(
    session: Session, actor: Actor, stakeholder_id: uuid.UUID, *, people: int, now: dt.datetime
) -> None:
    """Record how many people a group stands for from now on; the log keeps how many it was before."""
    require(actor, "project.write")
    stakeholder = fetch(session, Stakeholder, stakeholder_id, "stakeholder")
    before = change(stakeholder, people=text.number(people, "People", 1, 100_000))
    if before:
        stakeholder.version += 1
        remember(session, actor, stakeholder, "edited", now=now, before=before)


def withdraw_stakeholder(
    session: Session,
    actor: Actor,
    stakeholder_id: uuid.UUID,
    *,
    reason: str,
    now: dt.datetime,
    on: When = TODAY,
) -> None:
    """Record that somebody left, when and why; `not_given` is an answer too.

    Raises:
        WrongTransition: they had left already.
    """
    require(actor, "project.write")
    stakeholder = fetch(session, Stakeholder, stakeholder_id, "stakeholder")
    if stakeholder.status == "withdrawn":
        raise WrongTransition(f"{stakeholder.pseudonym} has already withdrawn.")
    day = clock.happened(session, on, now, "Withdrawn on")
    if day < stakeholder.joined_on:
        raise Invalid(f"Nobody can leave before joining ({text.spoken(stakeholder.joined_on)}).", field="on")
    stakeholder.status = "withdrawn"
    stakeholder.withdrawn_on = day
    stakeholder.withdrawn_reason = text.chosen(reason, WITHDRAWAL_REASONS, "Reason")
    stakeholder.version += 1
    remember(
        session,
        actor,
        stakeholder,
        "withdrew",
        now=now,
        on=day,
        from_state="active",
        to_state="withdrawn",
        reason=reason,
    )


def withdraw_consent(session: Session, actor: Actor, stakeholder_id: uuid.UUID, now: dt.datetime) -> None:
    """Take consent back and erase contact data; the pseudonymous record and its counts stay."""
    require(actor, "project.write")
    stakeholder = fetch(session, Stakeholder, stakeholder_id, "stakeholder")
    stakeholder.consent_withdrawn_on = clock.today(session, now)
    contact = session.get(Contact, stakeholder_id)
    if contact is not None:
        session.delete(contact)
    remember(session, actor, stakeholder, "consent_withdrawn", now=now)


def keep_contact(
    session: Session,
    actor: Actor,
    stakeholder_id: uuid.UUID,
    *,
    name: str,
    email: str,
    phone: str,
    now: dt.datetime,
) -> None:
    """Keep how to reach somebody, apart from the record; all empty erases it."""
    require(actor, "contact.read")
    stakeholder = fetch(session, Stakeholder, stakeholder_id, "stakeholder")
    values = {
        "name": text.line(name, "Name", required=False),
        "email": text.line(email, "E-mail", required=False),
        "phone": text.line(phone, "Telephone", required=False, limit=40),
    }
    contact = session.get(Contact, stakeholder_id)
    if contact is not None:
        session.delete(contact)
        session.flush()
    if any(values.values()):
        session.add(Contact(stakeholder_id=stakeholder_id, **values))
    remember(
        session, actor, stakeholder, "contact_kept" if any(values.values()) else "contact_erased", now=now
    )


def link_account(
    session: Session,
    actor: Actor,
    stakeholder_id: uuid.UUID,
    account_id: uuid.UUID | None,
    *,
    now: dt.datetime,
) -> None:
    """Say which account is theirs, so that they see what became of what they said; None parts the two.

    Raises:
        Invalid: the account is not a stakeholder's.
    """
    require(actor, "contact.read")
    stakeholder = fetch(session, Stakeholder, stakeholder_id, "stakeholder")
    if stakeholder.account_id == account_id:
        return
    _check_account(session, account_id)
    stakeholder.account_id = account_id
    remember(session, actor, stakeholder, "account_linked" if account_id else "account_parted", now=now)


def keep_contact_and_account(
    session: Session,
    actor: Actor,
    stakeholder_id: uuid.UUID,
    *,
    name: str,
    email: str,
    phone: str,
    account_id: uuid.UUID | None,
    now: dt.datetime,
) -> None:
    """Keep how to reach somebody and which account is theirs."""
    keep_contact(session, actor, stakeholder_id, name=name, email=email, phone=phone, now=now)
    link_account(session, actor, stakeholder_id, account_id, now=now)


def _check_account(session: Session, account_id: uuid.UUID | None) -> None:
    if account_id and session.scalar(select(Account.role).where(Account.id == account_id)) != "stakeholder":
        raise Invalid("Only an account with the role stakeholder can be linked to a stakeholder.")
