"""What keeping scores right costs with 10,000 projects and 1,000,000 events: `make bench-risk-scale`.

Measured in a separate process, so that its memory is the lab's and not the benchmark's. What matters are
the ratios: a rebuild against the bare SQL it stands on, one changed project against a whole day's upkeep.
"""

from __future__ import annotations

import datetime as dt
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import Event, Project, ProjectFeature, ProjectRisk, Recommendation, StaleProject
from db.upgrade import take_stock, upgrade
from lab.access.rights import COMMAND_LINE
from lab.demo.commands import fill_demo
from lab.disillusion.explanation import explain
from lab.disillusion.lists import at_risk
from lab.disillusion.score.drivers import assess_project
from lab.disillusion.upkeep.commands import catch_up, refresh_risk, refresh_stale
from lab.disillusion.upkeep.features import features, rebuild_features
from lab.disillusion.upkeep.pace import LabPast
from lab.disillusion.upkeep.situation import situation
from lab.followthrough.commands import reply_to_people
from lab.foundation import clock
from lab.past.records import read_records

PROJECTS = 10_000
EVENTS = 1_000_000
TIMES = 7


def main() -> None:
    """Build the lab, then measure it in a fresh process."""
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "lab.db"
        build(path)
        subprocess.run([sys.executable, "-m", "benchmarks.risk_scale", str(path)], check=True)


def build(path: Path) -> None:
    """Copies of the demo lab, and comments until there are enough events."""
    print(f"Filling a lab of {PROJECTS:,} projects …", file=sys.stderr)
    database = Database(f"sqlite:///{path}")
    upgrade(database.engine)
    now = clock.now()
    chance = random.Random(7)
    with database.writing() as session:
        fill_demo(session, seed=7, projects=PROJECTS, now=now)
        session.flush()
        asked = session.execute(select(Recommendation.id, Recommendation.project_id)).all()
        missing = EVENTS - (session.scalar(select(func.count()).select_from(Event)) or 0)
        for start in range(0, missing, 20_000):
            session.execute(
                insert(Event),
                [
                    comment(*chance.choice(asked), now - dt.timedelta(days=chance.randint(0, 900)))
                    for _ in range(min(20_000, missing - start))
                ],
            )
    take_stock(database.engine)
    print("Evaluating it for the first time …", file=sys.stderr)
    with database.writing() as session:
        catch_up(session, today=now.date(), now=now)
    take_stock(database.engine)
    database.close()


def comment(recommendation: uuid.UUID, project: uuid.UUID, at: dt.datetime) -> dict[str, object]:
    """An event that is not news, like most."""
    return {
        "at": at, "day": at.date(), "recorded_at": at, "project_id": project,
        "subject_type": "recommendation", "subject_id": recommendation, "verb": "noted", "detail": {},
    }  # fmt: skip


def measure(path: Path) -> None:
    """Print what was found of the lab in a file."""
    database = Database(f"sqlite:///{path}")
    now = clock.now()
    with database.reading() as session:
        count = session.scalar(select(func.count()).select_from(Event))
        running = session.scalars(select(ProjectRisk.project_id).order_by(ProjectRisk.project_id)).all()
    print(f"{PROJECTS:,} projects, {len(running):,} of them running; {count:,} events")
    one_event(database, running, now)
    rebuild(database)
    screens(database, running, now)
    a_day(database, now)
    print(f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:>32.0f} MiB")


def one_event(database: Database, running: list[uuid.UUID], now: dt.datetime) -> None:
    """A reply, and the score right again in the same transaction."""
    took, wrong = [], 0
    for key in random.Random(1).sample(running, TIMES):
        began = time.perf_counter()
        with database.writing() as session:
            reply_to_people(session, COMMAND_LINE, key, what_happened="News", now=now)
            session.flush()
            refresh_risk(session, [key], as_of=now.date(), now=now)
        took.append(time.perf_counter() - began)
        with database.reading() as session:
            kept = session.get_one(ProjectRisk, key).score
            facts = situation(read_records(session, [key])[key], now.date())
            afresh = assess_project(facts.stakeholders, LabPast(session).until(now.date())).index
            wrong += abs(kept - afresh) > 1e-9
    said("one event, until the score is right", took)
    print(f"scores that were not {wrong:>23}")


def rebuild(database: Database) -> None:
    """Rebuild the feature table, compared with the bare SQL; and check that the upkeep had been exact."""
    kept = table(database)
    ours, bare = [], []
    dialect = database.engine.dialect
    select_sql = features().compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    columns = ", ".join(column.name for column in ProjectFeature.__table__.columns)
    for _ in range(TIMES):
        ours.append(timed(database, rebuild_features))
        assert table(database) == kept, "the upkeep differs from a rebuild"
        began = time.perf_counter()
        with database.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM project_feature")
            connection.exec_driver_sql(f"INSERT INTO project_feature ({columns}) {select_sql}")
        bare.append(time.perf_counter() - began)
    said("full rebuild of the features", ours)
    said("the bare SQL of its first table", bare)
    print(f"ratio {statistics.median(ours) / statistics.median(bare):>38.2f}")
    print("incremental equals rebuild exactly")


def table(database: Database) -> list[object]:
    """The whole feature table, in order."""
    columns = ProjectFeature.__table__
    with database.reading() as session:
        return [tuple(row) for row in session.execute(select(columns).order_by(columns.c.project_id))]


def timed(database: Database, work: Callable[[Session], object]) -> float:
    """Seconds of some work in its own transaction."""
    began = time.perf_counter()
    with database.writing() as session:
        work(session)
    return time.perf_counter() - began


def screens(database: Database, running: list[uuid.UUID], now: dt.datetime) -> None:
    """The queries of the at-risk screens."""
    listing, explaining = [], []
    for key in random.Random(2).sample(running, TIMES):
        listing.append(timed(database, lambda session: at_risk(session, COMMAND_LINE)))
        explaining.append(
            timed(
                database,
                lambda session, key=key: explain(session, COMMAND_LINE, key, as_of=now.date()),  # type: ignore[misc]
            )
        )
    said("the list", listing)
    said("one explanation with its trend", explaining)


def a_day(database: Database, now: dt.datetime) -> None:
    """Everything scored again for the next day, some projects in each short transaction."""
    later = now + dt.timedelta(days=1)
    longest, began, done = 0.0, time.perf_counter(), 0
    while True:
        # as the server does: what takes a while is read before the transaction
        with database.reading() as session:
            past = LabPast(session)
        started = time.perf_counter()
        with database.writing() as session:
            count = refresh_stale(session, today=later.date(), now=later, past=past)
        if not count:
            break
        done += count
        longest = max(longest, time.perf_counter() - started)
    whole = time.perf_counter() - began
    print(f"a new day: {done:,} projects scored again {whole:>10.1f} s, longest transaction {longest:.2f} s")
    with database.writing() as session:
        session.execute(delete(StaleProject))
        assert (
            session.scalar(select(func.count()).select_from(Project).where(Project.outcome.is_(None))) == done
        )


def said(what: str, took: list[float]) -> None:
    """Median and maximum in milliseconds, as text."""
    print(f"{what:<38}{statistics.median(took) * 1000:>8.1f} ms, at most {max(took) * 1000:.1f} ms")


if __name__ == "__main__":
    main()
