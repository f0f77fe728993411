"""Filling an empty database with the demo lab: clearly fictional, the same for the same seed.

Its shape is the benchmark's: of 28 projects 18 are closed and 9 of those implemented; 10 run, at every stage,
some stalled, one paused, one that lost its people.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.keys import keys_from
from db.models import Lab, Project
from lab.access.commands import make_lab
from lab.demo.copies import repeat
from lab.demo.script import BLOCK, PLOTS, Plot
from lab.demo.story import Story
from lab.demo.theatre import Theatre
from lab.foundation.chance import chance_from
from lab.foundation.errors import Conflict, Invalid

PLAYED: Final = 280
"""As many projects are played through the commands, unless another number is asked for; a larger lab repeats
their history under other names."""
LARGEST: Final = 100_000


def guard_empty(session: Session, projects: int) -> bool:
    """Refuse unless the database can take a demo lab of this size; returns whether the demo lab has its name
    already.

    Raises:
        Conflict: there are projects already, or it is somebody's own lab.
        Invalid: fewer than 1 or more than 100,000 projects are asked for.
    """
    if not 1 <= projects <= LARGEST:
        raise Invalid(f"A demo lab can have 1 to {LARGEST:,} projects.")
    lab = session.get(Lab, 1)
    if session.scalar(select(func.count()).select_from(Project)) or (lab is not None and not lab.is_demo):
        raise Conflict("This database is already in use. A demo lab needs an empty one.")
    return lab is not None


def fill_demo(
    session: Session,
    *,
    seed: int,
    now: dt.datetime,
    projects: int = BLOCK,
    plots: Sequence[Plot] = PLOTS,
    played: int = PLAYED,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Fill a database that holds no project with the demo lab of that seed, whose projects take the plots
    in turn. The first `played` are played through the commands, the others repeat their history.

    Raises:
        Conflict: there are projects already, or it is somebody's own lab.
        Invalid: fewer than 1 or more than 100,000 projects are asked for.
    """
    is_named = guard_empty(session, projects)
    chance, key_chance = random.Random(seed), random.Random(f"{seed} keys")
    moment = [int(dt.datetime(2024, 1, 1, tzinfo=dt.UTC).timestamp() * 1000)]

    def key() -> tuple[int, int]:
        moment[0] += 1
        return moment[0], key_chance.getrandbits(74)

    with keys_from(key), chance_from(random.Random(f"{seed} votes")):
        if not is_named:
            make_lab(session, name="Lantern Lab (demo)", now=now, is_demo=True)
        theatre = Theatre(session, chance, now, random.Random(f"{seed} voters"))
        for number in range(min(projects, played)):
            Story(theatre, number, plots[number % len(plots)]).play()
            if progress:
                progress(number + 1, projects)
        session.flush()
        if projects > played:
            repeat(session, projects, progress)
