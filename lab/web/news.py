"""By when a project's people hear, on pages that end with it: votes and workshops."""

from __future__ import annotations

import uuid
from typing import Any, Final

from lab.foundation import clock
from lab.foundation.place import lab_database
from lab.past.news import news_of
from lab.web.fresh import Fresh


def _read(project_id: uuid.UUID) -> dict[str, Any]:
    with lab_database().reading() as session:
        news, today = news_of(session, project_id), clock.today(session, clock.now())
        return {"news_by": news.by, "news_late": news.is_late(today)}


NO_NEWS: Final[dict[str, Any]] = {"news_by": None, "news_late": False}
"""Of a workshop that is not wrapped up: a draft promises nothing yet."""
_promised: Fresh[uuid.UUID, dict[str, Any]] = Fresh(_read, 1.0)


async def news_facts(project_id: uuid.UUID) -> dict[str, Any]:
    """What templates show: `news_by`, the day or None, and `news_late`."""
    return await _promised.get(project_id)
