"""Photos of flipcharts: attached to a block, removable until the wrap-up, public with the code after it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Workshop, WorkshopBlock, WorkshopPhoto
from lab.access.rights import Actor, require
from lab.foundation import text
from lab.foundation.errors import Invalid, NotFound
from lab.foundation.events import remember
from lab.foundation.records import fetch
from lab.pictures.safe import SafePicture
from lab.workshops.board.rules import guard_board

MOST_PHOTOS: Final = 100
"""Photos of one workshop."""


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """A photo in its small size, `width` pixels wide."""

    id: uuid.UUID
    block_id: uuid.UUID
    description: str
    width: int
    thumbnail: bytes


def add_photos(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    pictures: Sequence[SafePicture],
    *,
    block_id: uuid.UUID,
    description: str,
    now: dt.datetime,
) -> None:
    """Attach pictures that `lab.pictures` has made safe to a block; the description is for those who cannot
    see them, and of several each says which it is."""
    require(actor, "workshop.run")
    workshop = _open(session, workshop_id)
    if session.scalar(select(WorkshopBlock.workshop_id).where(WorkshopBlock.id == block_id)) != workshop_id:
        raise Invalid("This block is not part of the workshop.")
    has = session.scalar(
        select(func.count()).select_from(WorkshopPhoto).where(WorkshopPhoto.workshop_id == workshop_id)
    )
    if (has or 0) + len(pictures) > MOST_PHOTOS:
        raise Invalid(f"A workshop keeps at most {MOST_PHOTOS} photos.")
    words = text.line(description, "Description of the photo", limit=180)
    for number, picture in enumerate(pictures, 1):
        session.add(
            WorkshopPhoto(
                workshop_id=workshop_id,
                block_id=block_id,
                description=words if len(pictures) == 1 else f"{words} ({number} of {len(pictures)})",
                media_type=picture.media_type,
                screen=picture.screen,
                screen_width=picture.screen_width,
                screen_height=picture.screen_height,
                thumbnail=picture.thumbnail,
                thumbnail_width=picture.thumbnail_width,
                thumbnail_height=picture.thumbnail_height,
                sha256=picture.sha256,
                added_at=now,
            )
        )
    session.flush()
    remember(session, actor, workshop, "photographed", now=now)


def remove_photo(session: Session, actor: Actor, photo_id: uuid.UUID, now: dt.datetime) -> None:
    """Take a photo away for good, as long as the workshop has not been wrapped up."""
    require(actor, "workshop.run")
    photo = fetch(session, WorkshopPhoto, photo_id, "photo")
    workshop = _open(session, photo.workshop_id)
    session.delete(photo)
    remember(session, actor, workshop, "photo_removed", now=now)


def photos_of(session: Session, actor: Actor, workshop_id: uuid.UUID) -> list[PhotoFacts]:
    """The photos of a workshop in the order they were taken. One statement."""
    require(actor, "workshop.run")
    rows = session.execute(
        select(
            WorkshopPhoto.id, WorkshopPhoto.block_id, WorkshopPhoto.description,
            WorkshopPhoto.thumbnail_width, WorkshopPhoto.thumbnail,
        )
        .where(WorkshopPhoto.workshop_id == workshop_id)
        .order_by(WorkshopPhoto.id)
    )  # fmt: skip
    return [PhotoFacts(*row) for row in rows]


def photo_bytes(
    session: Session, actor: Actor, workshop_id: uuid.UUID, photo_id: uuid.UUID
) -> tuple[bytes, str]:
    """A photo for the hosts, and its media type.

    Raises:
        NotFound: this workshop has no such photo.
    """
    require(actor, "workshop.run")
    row = session.execute(
        select(WorkshopPhoto.screen, WorkshopPhoto.media_type).where(
            WorkshopPhoto.id == photo_id, WorkshopPhoto.workshop_id == workshop_id
        )
    ).first()
    if row is None:
        raise NotFound("This photo does not exist (any more).")
    return row[0], row[1]


def public_photo(session: Session, code: str, photo_id: uuid.UUID) -> tuple[bytes, str] | None:
    """A photo for anybody with the code, once the workshop has been wrapped up."""
    row = session.execute(
        select(WorkshopPhoto.screen, WorkshopPhoto.media_type)
        .join(Workshop, Workshop.id == WorkshopPhoto.workshop_id)
        .where(Workshop.code == code, Workshop.state == "wrapped_up", WorkshopPhoto.id == photo_id)
    ).first()
    return (row[0], row[1]) if row else None


def _open(session: Session, workshop_id: uuid.UUID) -> Workshop:
    workshop = fetch(session, Workshop, workshop_id, "workshop")
    guard_board(workshop.state)
    return workshop
