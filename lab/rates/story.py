"""Rates, times and comparisons of projects and recommendations on a day.

Plain arithmetic on `lab.past.columns`, without the database.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from db.words import FORMS, OUTCOMES, RECOMMENDATION_STATUSES, STAGES
from lab.followthrough.rules import RESPONSE_DAYS
from lab.foundation.disclosure import withheld
from lab.past.columns import CAUSES, IMPLEMENTED, NEVER, PARTLY, STOPPED, Projects, Recommendations
from lab.rates.statistics import (
    LEAST,
    Interval,
    Share,
    difference,
    exact_p,
    poisson_rate,
    probability_larger,
    share,
)
from lab.rates.survival import (
    RUNNING,
    Curve,
    Durations,
    at_risk,
    cumulative_incidence,
    log_rank,
    median_days,
    restricted_mean,
    still_running,
)

Mask = NDArray[np.bool_]
YEAR: Final = 365.25
MARKS: Final = (0, 91, 183, 365, 548, 730, 1096, 1461)
"""Days since opening at which numbers at risk are shown: up to four years."""
HORIZON: Final = 365
"""Days over which the restricted mean time in a stage is computed."""
LANDMARK: Final = 180
"""Days after opening at which projects are put into two groups, to compare only what came after."""
OTHERWISE: Final = PARTLY
"""The cause of every other ending, where they are taken together."""
GROUPS_SHOWN: Final = 15
_QUARTERS_UP_TO: Final = 8


@dataclass(frozen=True, slots=True)
class Incidence:
    """Cumulative incidence: the share of projects implemented, or ended otherwise, by days after opening."""

    implemented: Curve
    otherwise: Curve
    """Closed as partly implemented or not at all, including stopped ones."""
    marks: tuple[int, ...]
    at_risk: tuple[int, ...]
    """Projects still under observation just before each mark."""
    apart: dict[str, tuple[float, ...]]
    """The incidence of each ending at each mark; with those still running they add up to 1."""
    per_year: Interval | None
    """Projects implemented per project-year of running."""
    median: float | None
    """Days until half had ended, for any reason."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """Projects opened in the same quarter or year, and the stages they reached."""

    name: str
    opened: int
    reached: dict[str, int]
    implemented: int
    otherwise: int
    running: int


@dataclass(frozen=True, slots=True)
class StageTime:
    """Time projects spend in a stage; those still in it count as not yet left."""

    stage: str
    entered: int
    left: int
    median: float | None
    within_a_year: float
    """Mean days in it within the first 365 (restricted mean)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two groups of projects, split at the landmark, by how many of those closed since were implemented.
    Association, not cause.

    Without `difference` there were too few in a group.
    """

    name: str
    this: str
    other: str
    first: Share
    second: Share
    first_running: int
    second_running: int
    difference: Interval | None
    p: float | None
    """Two-sided and exact; None also if no difference could have been detected."""
    larger: float | None
    """P(the first rate is larger), each under Jeffreys' prior."""
    log_rank_p: float | None
    """Test that both reach implementation equally fast; only with 5 or more implemented in each group."""


@dataclass(frozen=True, slots=True)
class Group:
    """One row of a breakdown; None for withheld numbers."""

    name: str
    implemented: int | None
    otherwise: int | None
    closed: int | None
    rate: Share | None
    difference: Interval | None
    """Its rate minus the rate of all others, with 5 or more closed on both sides."""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Implementation by form, sponsor or place. Small groups are merged into the last row."""

    by: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Responses:
    """Response times of sponsors, against 12 weeks. `median_days` treats those not answered as censored;
    None if fewer than half answered."""

    sent: int
    answered: int
    undated: int
    """Answered on an unknown day, or sent on one."""
    within_12_weeks: int
    late: int
    """Not answered, past the day it was due."""
    not_yet_due: int
    sent_undated: int
    """Nobody said when they were sent: counted in no response time, and never as not yet due."""
    median_days: float | None
    by_week: tuple[tuple[int, int], ...]
    """(weeks taken, answers) in order."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """How one sponsor keeps its word. None for withheld numbers."""

    name: str
    sent: int
    in_time: Share | None
    """Answered by the day it was due, of those due or answered."""
    implemented: Share | None
    """Implemented, of those it accepted in whole or in part."""
    declined: int | None
    stalled: int | None
    not_yet_due: int | None


def durations(projects: Projects, chosen: Mask | slice = slice(None), since: int = 0) -> Durations:
    """Days from `since` days after opening to the end, for these projects."""
    days = (projects.ended - projects.opened - since)[chosen]
    return Durations(np.maximum(days, 0), projects.cause[chosen], np.ones(len(days), dtype=np.int64))


def _together(found: Durations) -> Durations:
    return Durations(found.days, np.minimum(found.cause, OTHERWISE), found.count)


def incidence(projects: Projects) -> Incidence:
    """The cumulative incidence of implementation and of ending otherwise."""
    found = durations(projects)
    curves = cumulative_incidence(_together(found), (IMPLEMENTED, OTHERWISE))
    apart = cumulative_incidence(found, CAUSES)
    longest = int(found.days.max(initial=0))
    marks = tuple(mark for mark in MARKS if mark <= longest) or (0,)
    running = still_running(found)
    years = float(found.days.sum()) / YEAR
    named = dict(zip((*OUTCOMES, "stopped"), CAUSES, strict=True))
    return Incidence(
        implemented=curves[IMPLEMENTED],
        otherwise=curves[OTHERWISE],
        marks=marks,
        at_risk=at_risk(found, marks),
        apart={name: tuple(apart[cause].at(mark) for mark in marks) for name, cause in named.items()}
        | {"running": tuple(running.at(mark) for mark in marks)},
        per_year=poisson_rate(found.ended(IMPLEMENTED), years) if years else None,
        median=median_days(running),
    )


def reached(projects: Projects, chosen: Mask | slice = slice(None)) -> dict[str, int]:
    """Number of projects that ever began each stage, and that are implemented."""
    began = (projects.entered[chosen] != NEVER).sum(axis=0)
    implemented = int((projects.cause[chosen] == IMPLEMENTED).sum())
    return {stage: int(count) for stage, count in zip(STAGES, began, strict=True)} | {
        "implemented": implemented
    }


def steps_on(projects: Projects) -> tuple[tuple[str, Share], ...]:
    """Of those that began a stage, the share that went on to a later one; of those that began
    implementing, the share implemented. Projects still running may yet go on."""
    began = projects.entered != NEVER
    further = np.flip(np.maximum.accumulate(np.flip(began, axis=1), axis=1), axis=1)
    implemented = projects.cause == IMPLEMENTED
    shares = []
    for index, stage in enumerate(STAGES):
        here = began[:, index]
        on = further[:, index + 1] | implemented if index + 1 < len(STAGES) else implemented
        shares.append((stage, share(int((here & on).sum()), int(here.sum()))))
    return tuple(shares)


def cohorts(projects: Projects) -> tuple[Cohort, ...]:
    """Projects by opening date, oldest first: by quarter up to eight quarters, else by year."""
    months = projects.opened.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    quarters = months // 3
    if projects.total and int(quarters.max() - quarters.min()) < _QUARTERS_UP_TO:
        names = {int(each): f"{1970 + each // 4} Q{each % 4 + 1}" for each in np.unique(quarters)}
        key = quarters
    else:
        key = months // 12
        names = {int(each): str(1970 + each) for each in np.unique(key)}
    found = []
    for each, name in names.items():
        chosen = key == each
        cause = projects.cause[chosen]
        found.append(
            Cohort(
                name,
                int(chosen.sum()),
                {stage: count for stage, count in reached(projects, chosen).items() if stage in STAGES},
                int((cause == IMPLEMENTED).sum()),
                int((cause > IMPLEMENTED).sum()),
                int((cause == RUNNING).sum()),
            )
        )
    return tuple(found)


def time_in_stages(projects: Projects) -> tuple[StageTime, ...]:
    """Median and restricted mean days in each stage entered by any project."""
    visits, found = projects.visits, []
    for index, stage in enumerate(STAGES):
        here = visits.stage == index
        if not here.any():
            continue
        spent = Durations(
            visits.days[here], visits.left[here].astype(np.int64), np.ones(here.sum(), np.int64)
        )
        running = still_running(spent)
        found.append(
            StageTime(
                stage,
                spent.total,
                spent.ended(),
                median_days(running),
                restricted_mean(running, HORIZON),
            )
        )
    return tuple(found)


def comparisons(projects: Projects) -> tuple[Comparison, ...]:
    """Prototyped against not, and sponsor mostly present against not, as of the landmark.

    Only projects still running then count, and only what came after: otherwise projects that lived long
    enough to be tested would look better for having lived (immortal time).
    """
    limit = projects.opened + LANDMARK
    there = (projects.ended > limit) & (limit <= projects.as_of)
    tested = np.zeros(projects.total, dtype=bool)
    row, day = projects.tested.T
    tested[row[day <= limit[row]]] = True
    row, day, present = projects.occasions.T
    early = day <= limit[row]
    known = np.bincount(row[early], minlength=projects.total)
    seen = np.bincount(row[early], weights=present[early], minlength=projects.total)
    mostly = seen * 2 >= known
    return (
        _compared(
            projects,
            "prototyped",
            ("Tested a prototype within 180 days", "No test within 180 days"),
            there & tested,
            there & ~tested,
        ),
        _compared(
            projects,
            "sponsor_present",
            ("Sponsor at half or more of the meetings and tests", "Sponsor at fewer than half"),
            there & (known > 0) & mostly,
            there & (known > 0) & ~mostly,
        ),
    )


def _compared(projects: Projects, name: str, sides: tuple[str, str], first: Mask, second: Mask) -> Comparison:
    one, two = _rate(projects, first), _rate(projects, second)
    enough = one.total >= LEAST and two.total >= LEAST
    counts = (one.count, one.total, two.count, two.total)
    fast = None
    if min(one.count, two.count) >= LEAST:
        sides_since = [durations(projects, each, LANDMARK) for each in (first, second)]
        fast = log_rank(sides_since[0], sides_since[1], IMPLEMENTED)[1]
    return Comparison(
        name=name,
        this=sides[0],
        other=sides[1],
        first=one,
        second=two,
        first_running=int((projects.cause[first] == RUNNING).sum()),
        second_running=int((projects.cause[second] == RUNNING).sum()),
        difference=difference(*counts) if enough else None,
        p=exact_p(*counts) if enough else None,
        larger=probability_larger(*counts) if enough else None,
        log_rank_p=fast,
    )


def _rate(projects: Projects, chosen: Mask) -> Share:
    cause = projects.cause[chosen]
    return share(int((cause == IMPLEMENTED).sum()), int((cause != RUNNING).sum()))


def by_form(projects: Projects) -> Breakdown:
    """Implementation by form. A project may have several forms, so the rows do not add up."""
    return Breakdown(
        "form",
        tuple(_groups(projects, [(form, projects.form[:, index])])[0] for index, form in enumerate(FORMS)),
    )


def by_name(projects: Projects, by: str, codes: NDArray[np.int64], names: Sequence[str]) -> Breakdown:
    """Implementation by sponsor or place: the 15 with most closed projects; the rest and small ones are
    merged."""
    closed = np.bincount(codes[projects.cause != RUNNING], minlength=len(names))
    order = np.argsort(-closed, kind="stable")
    large = [int(each) for each in order if closed[each] >= LEAST and names[each]][:GROUPS_SHOWN]
    chosen = [(names[each], codes == each) for each in large]
    rest = ~np.isin(codes, large)
    if (rest & (projects.cause != RUNNING)).any():
        chosen.append(("", rest))
    return Breakdown(by, _groups(projects, chosen))


def _groups(projects: Projects, chosen: Sequence[tuple[str, Mask]]) -> tuple[Group, ...]:
    """The rows with small numbers withheld; the remainder is what is in no group."""
    everyone = np.ones(projects.total, dtype=bool)
    masks = [mask for _, mask in chosen]
    others = everyone & ~np.logical_or.reduce([~everyone, *masks])
    rates = [_rate(projects, mask) for mask in (*masks, others)]
    rates = rates if rates[-1].total else rates[:-1]
    total = _rate(projects, everyone)
    table = [[each.count, each.total - each.count, each.total] for each in (*rates, total)]
    shown = withheld(table)
    found = []
    for (name, _), rate, (implemented, otherwise, closed) in zip(chosen, rates, shown, strict=False):
        visible = implemented is not None and closed is not None
        enough = visible and rate.total >= LEAST and total.total - rate.total >= LEAST
        apart = (total.count - rate.count, total.total - rate.total)
        found.append(
            Group(
                name,
                implemented,
                otherwise,
                closed,
                rate if visible and rate.total >= LEAST else None,
                difference(rate.count, rate.total, *apart) if enough else None,
            )
        )
    return tuple(found)


def statuses(recommendations: Recommendations) -> dict[str, int]:
    """Number of sent recommendations by status."""
    names, counts = np.unique(recommendations.status, return_counts=True)
    found = dict(zip(names.tolist(), counts.tolist(), strict=True))
    return {status: found.get(status, 0) for status in RECOMMENDATION_STATUSES if status != "draft"}


def responses(recommendations: Recommendations) -> Responses:
    """Response times of all recommendations sent by the day."""
    waiting = recommendations.is_unanswered
    known = recommendations.sent != NEVER
    dated = (recommendations.answered != NEVER) & ~waiting & known
    took = np.maximum(recommendations.answered[dated] - recommendations.sent[dated], 0)
    due = recommendations.response_due >= recommendations.as_of
    waited = recommendations.as_of - recommendations.sent[waiting & known]
    spent = Durations(
        np.concatenate([took, waited]),
        np.concatenate([np.ones(len(took), np.int64), np.zeros(len(waited), np.int64)]),
        np.ones(len(took) + len(waited), np.int64),
    )
    weeks, answers = np.unique(took // 7, return_counts=True)
    return Responses(
        sent=recommendations.total,
        answered=int((~waiting).sum()),
        undated=int((~waiting & ~dated).sum()),
        within_12_weeks=int((took <= RESPONSE_DAYS).sum()),
        late=int((waiting & ~due).sum()),
        not_yet_due=int((waiting & due & known).sum()),
        sent_undated=int((~known).sum()),
        median_days=median_days(still_running(spent)),
        by_week=tuple(zip(weeks.tolist(), answers.tolist(), strict=True)),
    )


def stalled(recommendations: Recommendations) -> dict[str, int]:
    """Open recommendations by the promise that was broken first."""
    since = recommendations.stalled_since()
    table = np.column_stack(list(since.values()))
    first = table.argmin(axis=1)[table.min(axis=1, initial=NEVER) != NEVER]
    counts = np.bincount(first, minlength=len(since))
    return {name: int(count) for name, count in zip(since, counts, strict=True)}


def addressees(recommendations: Recommendations) -> tuple[Addressee, ...]:
    """How each sponsor keeps its word, those asked most first; sponsors with fewer than 5 are merged,
    last."""
    asked = np.bincount(recommendations.sponsor, minlength=len(recommendations.sponsors))
    order = [int(each) for each in np.argsort(-asked, kind="stable")]
    large = [each for each in order if asked[each] >= LEAST][:GROUPS_SHOWN]
    chosen = [(recommendations.sponsors[each], recommendations.sponsor == each) for each in large]
    rest = ~np.isin(recommendations.sponsor, large)
    if rest.any():
        chosen.append(("", rest))
    since = np.min(np.column_stack(list(recommendations.stalled_since().values())), axis=1, initial=NEVER)
    return tuple(_addressee(recommendations, name, mask, since != NEVER) for name, mask in chosen)


def _addressee(recommendations: Recommendations, name: str, chosen: Mask, is_stalled: Mask) -> Addressee:
    waiting = recommendations.is_unanswered & chosen
    known = recommendations.sent != NEVER
    is_due = recommendations.response_due >= recommendations.as_of
    not_yet_due = waiting & is_due & known
    dated = chosen & ~waiting & (recommendations.answered != NEVER) & known
    in_time = dated & (recommendations.answered <= recommendations.response_due)
    late = waiting & ~is_due
    accepted = chosen & ~np.isin(recommendations.status, ["sent", "declined"])
    counts = {
        "declined": chosen & np.isin(recommendations.status, ["declined"]),
        "stalled": chosen & is_stalled,
        "not_yet_due": not_yet_due,
    }
    return Addressee(
        name=name,
        sent=int(chosen.sum()),
        in_time=_share_or_none(int(in_time.sum()), int((dated | late).sum())),
        implemented=_share_or_none(
            int((accepted & np.isin(recommendations.status, ["implemented"])).sum()), int(accepted.sum())
        ),
        **{key: _shown(int(mask.sum())) for key, mask in counts.items()},
    )


def _share_or_none(count: int, total: int) -> Share | None:
    """A share of organisations' records, or None if of fewer than 5."""
    return share(count, total) if total >= LEAST else None


def _shown(count: int) -> int | None:
    return None if 0 < count < LEAST else count


def date_of(value: int) -> dt.date:
    """A day of these columns as a date."""
    return dt.date(1970, 1, 1) + dt.timedelta(days=int(value))


def stopped(projects: Projects) -> int:
    """Projects closed while still in discovery: stopped, not failed."""
    return int((projects.cause == STOPPED).sum())
