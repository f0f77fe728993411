"""What people, teams and sponsors of the behavioural lab are like: every number, with its reason.

Fixed before any score was computed on it, and not to be tuned to one:
`docs/decisions/0004-a-lab-that-behaves.md` says how it was fixed and which facts it was held against.
Frustration is in units of an ordinary person's tolerance; trust is 0–1; days and weeks are calendar
time.
"""

from __future__ import annotations

from dataclasses import dataclass

WOUND_UP = 546
"""Days after which a project that is not finished is wound up: 18 months."""
AFTERMATH = 84
"""Days after its closing in which people may still turn away: disappointment outlives a project."""


@dataclass(frozen=True, slots=True)
class TeamNature:
    """Teams differ in how readily they tell people things, and all of them are sometimes overloaded."""

    lab_spread: float = 0.3
    team_spread: float = 0.6
    project_spread: float = 0.4
    """Readiness is a standard-normal-like sum: most of the difference is between teams, some between
    projects."""
    load_memory: float = 0.9
    load_weight: float = 0.5
    """Busy spells last about ten weeks (autocorrelation .9 a week) and cost as much as half a spread."""
    moving_on: float = 0.7
    """Once recommendations are sent a team turns to its next project: follow-through is nobody's job
    (Whicher & Crick 2019)."""
    reply_base: float = -3.0
    reply_due: float = 1.4
    reply_news: float = 1.0
    """Weekly log-odds of a reply: rare before the cadence is up (7 %), likelier when it is (17 %),
    likelier still with something to say."""
    reason_base: float = 1.2
    reason_readiness: float = 0.6
    """Log-odds that a bad answer is passed on with its reason: three in four; Mathie et al. (2018) found
    19 % of people never heard at all."""
    answered_each: float = 0.3
    """Share of open expectations that a reply also speaks of by name."""
    own_means: float = 0.012
    """Weekly chance that the lab meets by itself what needs no sponsor: about a year, quicker when ready."""


@dataclass(frozen=True, slots=True)
class SponsorNature:
    """Sponsors differ in speed, in appetite, and in how often they let things lie without saying so."""

    answer_days: float = 58.0
    answer_speed: float = 0.5
    answer_spread: float = 0.6
    """Median time to an answer and its log-spread: about 70 % within 12 weeks, the UK consultation norm."""
    shelving: tuple[float, float] = (2.0, 6.0)
    """Beta distribution over sponsors of the share silently shelved: mean 25 %, some above half."""
    declines: float = 0.25
    partly: float = 0.2
    step_days: float = 38.0
    step_speed: float = 0.4
    step_spread: float = 0.8
    """Gaps between steps are log-normal with a heavy tail: the older an open recommendation, the less
    likely it moves, as in the public record of New Zealand's transport accident commission."""
    finishes: float = 0.85
    """What is worked on is mostly finished; the rest is dropped."""
    promises_date: float = 0.6
    plan_days: tuple[int, int] = (60, 240)
    moves_date: float = 0.4
    """Planning fallacy: dates are promised for three in five, and many are moved when they come."""
    evidence: float = 0.8
    present: float = -0.3
    present_appetite: float = 0.8
    """Log-odds of coming to an engagement: two in five, by appetite."""


@dataclass(frozen=True, slots=True)
class PeopleNature:
    """What people bring with them, what wears on them, and what makes them go."""

    trust_start: float = 0.58
    hype_trust: float = 0.2
    hype_hope: float = 0.4
    """Enthusiasm at the start lifts trust a little and expectations a lot (Oliver 1980: the higher the
    expectation, the deeper the disconfirmation)."""
    trust_pace: float = 0.12
    trust_noise: float = 0.02
    """Trust closes 12 % of its distance to what experience warrants each week, and wanders."""
    cooling: float = 1 / 26
    """Frustration fades by a half in four months when nothing feeds it."""
    waiting: float = 0.03
    waiting_days: float = 90.0
    """Nothing seen to happen to what one hopes for: the main wear, saturating after some months. Second
    matters add less (0.3): people follow one thing."""
    second_matter: float = 0.3
    silence: float = 0.03
    """Not hearing beyond what patience and the promised rhythm allow (feedback as recognition, Mathie et
    al. 2018)."""
    broken_promise: float = 0.4
    forewarned: float = 0.5
    """A date that passes is a blow, half as hard when the lab spoke in the four weeks before
    (psychological-contract breach, Zhao et al. 2007)."""
    refused_with_reason: float = 0.1
    refused_without: float = 0.42
    """A reasoned no costs a quarter of a bare one (fair process, Lind & Tyler)."""
    dropped_after_yes: float = 1.3
    hearsay: float = 0.03
    """Weekly chance of learning by hearsay what one was not told: in a year four in five know."""
    shelf_rumour: float = 0.02
    ill_treated: float = -2.2
    ill_treatment: float = 0.3
    """Log-odds at an engagement of being talked over or ignored (one in ten), and what that costs."""
    vexation: float = 0.02
    vexation_size: float = 0.15
    """Vexations from elsewhere, which no record of the lab can show."""
    friend_leaves: float = 0.15
    friends: float = 0.3
    relief_progress: float = 0.82
    relief_done: float = 0.5
    relief_news: float = 0.93
    relief_empty: float = 0.97
    """What frustration is multiplied by: something done halves it; a letter without news hardly helps,
    and less each time."""
    resignation: float = 0.5
    """Who has stopped trusting hopes only half as much, and so is disappointed less: the wear is not
    endless."""
    tolerance: float = 1.3
    tolerance_spread: float = 0.28
    loyalty_tolerance: float = 0.12
    """People part ways at different points; the loyal later (Hirschman 1970)."""
    leaving_floor: float = 0.0003
    leaving_peak: float = 0.045
    leaving_width: float = 0.12
    """Weekly chance of leaving: near nothing below one's tolerance, 4.5 % well above it: about two in
    five within a quarter."""
    occasion: float = 1.6
    no_occasion: float = 0.85
    """Leaving needs an occasion: an invitation, a letter, a meeting."""
    says_so: tuple[float, float, float, float] = (0.7, 0.1, 0.08, 0.12)
    """Of those who leave disappointed: recorded as such; as lack of time, to be polite; with no reason;
    never recorded at all, as they just stop coming."""
    leaves_otherwise: float = 0.0015
    """Weekly chance of leaving for reasons of one's own: one in nine over 18 months."""
    life_memory: float = 0.85
    comes: float = 0.6
    comes_loyalty: float = 0.7
    comes_trust: float = 2.5
    comes_life: float = 0.7
    """Log-odds of coming when invited: two in three, by loyalty, trust and how full life is."""


@dataclass(frozen=True, slots=True)
class RecordNature:
    """What a busy lab writes down, and what it does not."""

    attendance_kept: float = 0.8
    attendance_cell: float = 0.95
    """One register in five was not kept, and in the others one name in twenty is missing."""
    expectation_kept: float = 0.85
    expectation_owner: float = 0.88
    hoped_for_kept: float = 0.65
    confidence_kept: float = 0.35
    """Hoped-for dates are missing for a third, how sure people were for two thirds."""
    link_kept: float = 0.8
    reply_kept: float = 0.92
    """A telephone call is not always written down."""
    claim_kept: float = 0.75
    answer_dated: float = 0.92
    """Some answers were found in a file without a date, up to a month late."""
    sponsor_noted: float = 0.85
    pulses_used: float = 0.75
    pulse_named: float = 0.8
    pulse_after: float = 0.4
    pulse_online: float = -1.0
    pulse_trust: float = 2.0
    pulse_anger: float = 0.8
    """Log-odds of answering a pulse: after an engagement three in five of those who came, online one in
    four; those who trust answer more, and so do the angry, before they fall silent. Missing is thus not
    at random."""
    pulse_every: int = 42


@dataclass(frozen=True, slots=True)
class Nature:
    """Everything about a world but its chance."""

    team: TeamNature = TeamNature()
    sponsor: SponsorNature = SponsorNature()
    people: PeopleNature = PeopleNature()
    record: RecordNature = RecordNature()
