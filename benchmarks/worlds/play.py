"""Simulates one project week by week: what its people felt, what team and sponsor did, and what was recorded.
Feelings are arrays over the people of a project. Nothing here uses the disillusion score. Days count from the
project's opening.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.random import Generator

from benchmarks.worlds.feelings import Feelings, Hopes, odds
from benchmarks.worlds.nature import AFTERMATH, WOUND_UP, Nature
from benchmarks.worlds.recorded import (
    WEEK,
    Ask,
    Felt,
    Flags,
    Floats,
    Matter,
    Met,
    Person,
    Played,
    Sponsor,
    Told,
)  # fmt: skip

CADENCES: Final = (21, 28, 28, 42)
OTHER_REASONS: Final = ("no_time", "no_time", "moved", "other", "not_given")


class _Life:
    """A project being simulated."""

    def __init__(
        self, chance: Generator, nature: Nature, readiness: float, load: Floats, sponsor: Sponsor
    ) -> None:
        self.chance, self.nature, self.load, self.sponsor = chance, nature, load, sponsor
        self.readiness = readiness + chance.normal(0, nature.team.project_spread)
        self.hype = float(chance.beta(2, 2))
        number = int(np.clip(4 + chance.poisson(4), 3, 14))
        self.feel = Feelings(chance, nature, number, self.hype)
        self.hopes = Hopes()
        self.played = Played(cadence=int(chance.choice(CADENCES)))
        self.last_reply = 0
        self.asks_pulses = bool(chance.random() < nature.record.pulses_used)
        self.next_online = nature.record.pulse_every
        self._plan(number)

    def _plan(self, number: int) -> None:
        chance, played = self.chance, self.played
        kickoff = int(chance.integers(14, 36))
        second = kickoff + int(chance.integers(30, 61))
        design = kickoff + int(chance.integers(5, 20))
        prototype = second + int(chance.integers(20, 50))
        tests = int(chance.integers(1, 4)) if chance.random() < 0.8 else 0
        tested = [prototype + int(chance.integers(20, 40)) * (place + 1) for place in range(tests)]
        self.recommend_on = (tested[-1] if tested else prototype + 30) + int(chance.integers(15, 41))
        self.stopped_on = int(chance.integers(100, 240)) if chance.random() < 0.1 else None
        self.sessions = [(kickoff, "workshop"), (second, "workshop"), *((day, "test") for day in tested)]
        self.second_batch = (
            self.recommend_on + int(chance.integers(60, 121)) if chance.random() < 0.35 else None
        )
        self.wound_up = WOUND_UP + int(chance.integers(0, 61))
        self.next_meeting = self.recommend_on + self._pause()
        joined = [
            second if place >= 3 and chance.random() < 0.2 else int(chance.integers(1, kickoff))
            for place in range(number)
        ]
        played.people = [Person(joined=each) for each in sorted(joined)]
        played.stages = [(0, "discovery"), (design, "co_design"), (prototype, "prototype")]

    def _pause(self) -> int:
        return int(self.chance.integers(60, 131) * math.exp(-0.25 * self.readiness))

    def live(self, days: int) -> Played:
        """Simulate `days`, or until people have forgotten the closed project."""
        week = 0
        while (week + 1) * WEEK <= days:
            week += 1
            day = week * WEEK
            closed = self.played.closed
            if closed and day > closed[0] + AFTERMATH:
                break
            self._arrive(day)
            if not closed:
                self._work(day, week)
            self._feel(day)
            self._leave(day)
        self.played.forget_after(days)
        return self.played

    def _arrive(self, day: int) -> None:
        for place, person in enumerate(self.played.people):
            if person.joined <= day and person.left is None and not self.feel.here[place]:
                self.feel.here[place] = True
                self.feel.heard[place] = person.joined
        kind = self.nature.people
        memory = kind.life_memory
        noise = self.chance.normal(0, math.sqrt(1 - memory**2), len(self.feel.life))
        self.feel.life = memory * self.feel.life + noise
        self.feel.occasion[:] = False

    def _work(self, day: int, week: int) -> None:
        if self.stopped_on and day >= self.stopped_on:
            self._close(day, "not_implemented", "Stopped: another programme took it over.")
            return
        while self.sessions and self.sessions[0][0] <= day:
            held, kind = self.sessions.pop(0)
            self._meet(max(held, day - WEEK + 1), kind)
        if day >= self.recommend_on and not self.played.asks:
            self.played.stages.append((day, "recommend"))
            self._recommend(day, int(self.chance.integers(2, 5)))
        if self.second_batch and day >= self.second_batch:
            self.second_batch = None
            self._recommend(day, int(self.chance.integers(1, 3)))
        if self.played.asks and day >= self.next_meeting:
            self._meet(day - int(self.chance.integers(0, 5)), "meeting")
            self.next_meeting = day + self._pause()
        self._hear_of_asks(day)
        self._own_means(day)
        self._perhaps_reply(day, week)
        if self.asks_pulses and day >= self.next_online:
            self.next_online += self.nature.record.pulse_every
            self._pulse(day - 1, None, self.feel.here, self.nature.record.pulse_online)
        self._perhaps_close(day)

    def _ready(self, week: int) -> float:
        team = self.nature.team
        turned = team.moving_on if self.played.asks else 0.0
        return float(self.readiness - team.load_weight * self.load[week] - turned)

    # --- engagements

    def _meet(self, day: int, kind: str) -> None:
        chance, feel, nature = self.chance, self.feel, self.nature
        people, record = nature.people, nature.record
        inclination = (
            people.comes
            + people.comes_loyalty * feel.loyalty
            + people.comes_trust * (feel.trust - 0.5)
            - people.comes_life * feel.life
        )
        came = feel.here & (chance.random(len(inclination)) < odds(inclination))
        feel.occasion |= feel.here
        feel.heard[came] = day
        ill = came & (chance.random(len(came)) < odds(people.ill_treated - 0.6 * self.readiness))
        feel.frustration[ill] += people.ill_treatment
        feel.frustration[came & ~ill] *= 0.92
        sponsor = nature.sponsor
        present = bool(
            chance.random() < odds(sponsor.present + sponsor.present_appetite * self.sponsor.appetite)
        )
        kept = chance.random() < record.attendance_kept
        register = {
            int(place): bool(came[place])
            for place in np.flatnonzero(feel.here)
            if kept and chance.random() < record.attendance_cell
        }
        if kept:
            register |= self._stayed_away()
        noted = present if chance.random() < record.sponsor_noted else None
        self.played.meetings.append(Met(day, kind, noted, register))
        if kind == "test":
            self.played.tests.append((day, max(1, int(came.sum())), present))
        for place in np.flatnonzero(came):
            if not (self.hopes.person == place).any():
                self._hope(int(place), day)
        if self.asks_pulses:
            self._pulse(day, len(self.played.meetings) - 1, came, record.pulse_after)

    def _stayed_away(self) -> dict[int, bool]:
        """People who left unnoticed are still expected and do not come."""
        people = enumerate(self.played.people)
        return {place: False for place, each in people if each.left is not None and not each.reason}

    def _hope(self, person: int, day: int) -> None:
        chance, kind, record = self.chance, self.nature.people, self.nature.record
        for _ in range(1 + int(chance.binomial(2, 0.35))):
            importance = int(chance.choice([2, 3, 3, 4, 4, 5]))
            said = chance.choice(["will", "will_if", "cannot_promise", ""], p=self._answers_given())
            hope = 0.3 + kind.hype_hope * self.hype + chance.normal(0, 0.12)
            hope += {"will": 0.15, "will_if": 0.05, "cannot_promise": -0.15}.get(str(said), 0.0)
            hope = float(np.clip(hope, 0.05, 0.98))
            in_mind = chance.random() < 0.8
            by = day + chance.lognormal(math.log(210 - 60 * self.hype), 0.4) if in_mind else math.inf
            self.hopes.add(person, importance / 4, hope, by, day)
            asked = chance.random() < record.confidence_kept
            confidence = int(np.clip(100 * (hope + chance.normal(0, 0.1)), 0, 100)) if asked else None
            dated = math.isfinite(by) and chance.random() < record.hoped_for_kept
            self.played.matters.append(
                Matter(
                    person,
                    importance,
                    day,
                    str(said) or None,
                    int(by) if dated else None,
                    confidence,
                    kept=bool(chance.random() < record.expectation_kept),
                    owner_kept=bool(chance.random() < record.expectation_owner),
                    steps=[(day, "open", "")],
                )
            )

    def _answers_given(self) -> list[float]:
        will = 0.2 + 0.3 * self.hype
        return [will, 0.3, 0.3 - 0.2 * self.hype, 1 - will - 0.3 - 0.3 + 0.2 * self.hype]

    def _pulse(self, day: int, meeting: int | None, asked: Flags, base: float) -> None:
        chance, feel, record = self.chance, self.feel, self.nature.record
        willing = (
            base
            + record.pulse_trust * (feel.trust - 0.5)
            + record.pulse_anger * (feel.frustration > feel.tolerance)
            - 0.4 * feel.life
        )
        answering = asked & feel.here & (chance.random(len(willing)) < odds(willing))
        for place in np.flatnonzero(answering):
            lean = feel.trust[place] + feel.candour[place]
            influence = 0.5 * lean + 0.5 * (1 - math.tanh(feel.frustration[place]))
            trust, difference = (
                int(np.clip(round(1 + 4 * (level + chance.normal(0, 0.12))), 1, 5))
                for level in (lean, influence)
            )
            named = chance.random() < record.pulse_named
            self.played.pulses.append(Felt(day, int(place) if named else None, meeting, trust, difference))

    # --- recommendations

    def _recommend(self, day: int, number: int) -> None:
        for _ in range(number):
            free = np.flatnonzero((self.hopes.ask < 0) & self.hopes.open)
            size = min(len(free), int(self.chance.integers(1, 5)))
            serves = [int(each) for each in self.chance.choice(free, size, replace=False)] if size else []
            self.hopes.ask[serves] = len(self.played.asks)
            links = [
                each
                for each in serves
                if self.played.matters[each].kept and self.chance.random() < self.nature.record.link_kept
            ]
            self.played.asks.append(self._addressed(day, serves, links))

    def _addressed(self, day: int, serves: list[int], links: list[int]) -> Ask:
        chance, sponsor, kind = self.chance, self.sponsor, self.nature.sponsor
        ask = Ask(int(chance.choice([2, 3, 3, 4, 5])), day, serves, links, shelved=False)
        ask.steps.append((day, "sent", ""))
        if chance.random() < 0.6 * sponsor.shelving:
            ask.shelved = True
            return ask
        typical = kind.answer_days * math.exp(-kind.answer_speed * sponsor.speed - 0.1 * self.readiness)
        answered = day + 1 + int(chance.lognormal(math.log(typical), kind.answer_spread))
        if chance.random() >= self.nature.record.answer_dated:
            ask.answer_dated = False
            answered += int(chance.integers(0, 31))
        if chance.random() < odds(math.log(kind.declines / (1 - kind.declines)) - 0.4 * sponsor.appetite):
            ask.steps.append((answered, "declined", "There is no room for it in this year's plan."))
            return ask
        partly = chance.random() < kind.partly / (1 - kind.declines)
        ask.steps.append((answered, "partly_accepted" if partly else "accepted", "We agree."))
        self._carry_out(ask, answered)
        self._promise_date(ask, answered)
        return ask

    def _carry_out(self, ask: Ask, answered: int) -> None:
        chance, kind = self.chance, self.nature.sponsor
        ask.shelved = bool(chance.random() < 0.8 * self.sponsor.shelving)
        steps = int(chance.random() < 0.4) if ask.shelved else 1 + int(chance.poisson(1.5))
        typical = kind.step_days * math.exp(-kind.step_speed * self.sponsor.speed)
        day = answered
        for place in range(steps):
            day += 1 + int(chance.lognormal(math.log(typical), kind.step_spread))
            last = place == steps - 1 and not ask.shelved
            if last:
                done = chance.random() < kind.finishes
                status, reason = ("implemented", "In use.") if done else ("dropped", "The money ran out.")
                ask.steps.append((day, status, reason))
                ask.updates.append((day, done))
                continue
            if place == 0:
                ask.steps.append((day, "in_progress", "Work has begun."))
            ask.updates.append((day, bool(chance.random() < kind.evidence)))

    def _promise_date(self, ask: Ask, answered: int) -> None:
        chance, kind = self.chance, self.nature.sponsor
        if chance.random() >= kind.promises_date:
            return
        due = answered + int(chance.integers(*kind.plan_days))
        ended = ask.ended() or 10_000
        willing = kind.moves_date * (0.4 if ask.shelved else 1.0)
        while due < ended and chance.random() < willing and len(ask.moves) < 3:
            ask.moves.append((due, due))
            due += int(chance.integers(30, 91))
        ask.due = due

    def _hear_of_asks(self, day: int) -> None:
        """Sponsors' steps this week, which are news once the team passes them on."""
        for number, ask in enumerate(self.played.asks):
            happened = [status for on, status, _ in ask.steps[1:] if day - WEEK < on <= day]
            happened += ["progress" for on, _ in ask.updates if day - WEEK < on <= day and not happened]
            if not happened:
                continue
            news = {"partly_accepted": "accepted", "in_progress": "progress"}.get(happened[-1], happened[-1])
            for matter in np.flatnonzero((self.hopes.ask == number) & self.hopes.open):
                self.hopes.news[int(matter)] = news
                self._claim(int(matter), day, news)
            if "accepted" in news and all(stage != "implement" for _, stage in self.played.stages):
                self.played.stages.append((day, "implement"))

    def _claim(self, matter: int, day: int, news: str) -> None:
        states = {
            "accepted": ("in_hand", ""),
            "implemented": ("met", ""),
            "declined": ("not_met", "The sponsor declined it."),
            "dropped": ("not_met", "The money ran out."),
        }
        if news not in states or self.chance.random() >= self.nature.record.claim_kept:
            return
        state, reason = states[news]
        steps = self.played.matters[matter].steps
        if steps[-1][1] in ("open", "in_hand") and steps[-1][1] != state:
            steps.append((max(steps[-1][0], day + int(self.chance.exponential(10))), state, reason))

    def _own_means(self, day: int) -> None:
        hopes, team = self.hopes, self.nature.team
        rate = team.own_means * math.exp(0.5 * self.readiness)
        met = np.flatnonzero((hopes.ask < 0) & hopes.open & (self.chance.random(len(hopes.open)) < rate))
        for matter in met:
            self._claim(int(matter), day, "implemented")
            self._learn(int(matter), day, "implemented", with_reason=True)

    # --- replies and hearsay

    def _perhaps_reply(self, day: int, week: int) -> None:
        team = self.nature.team
        waited = min(2.5, (day - self.last_reply) / self.played.cadence)
        news = any(self.hopes.news)
        urge = team.reply_base + team.reply_due * waited + team.reply_news * news
        if self.chance.random() < odds(urge + 0.9 * self._ready(week)):
            self._reply(day, week)

    def _reply(self, day: int, week: int) -> None:
        chance, team, feel, hopes = self.chance, self.nature.team, self.feel, self.hopes
        self.last_reply = day
        reasons = bool(chance.random() < odds(team.reason_base + team.reason_readiness * self._ready(week)))
        told = [place for place, news in enumerate(hopes.news) if news]
        kinds = [hopes.news[place] for place in told]
        asks = tuple(sorted({int(hopes.ask[place]) for place in told if hopes.ask[place] >= 0}))
        here = feel.here
        feel.heard[here] = day
        feel.occasion |= here
        if told:
            feel.frustration[here] *= self.nature.people.relief_news
            feel.empties[here] = 0
        else:
            relief = 1 - (1 - self.nature.people.relief_empty) / (1 + feel.empties[here])
            feel.frustration[here] *= relief
            feel.empties[here] += 1
        for place, kind in zip(told, kinds, strict=True):
            self._learn(place, day, kind, with_reason=reasons)
        also = np.flatnonzero(hopes.open & (chance.random(len(hopes.open)) < team.answered_each))
        if chance.random() < self.nature.record.reply_kept:
            named = {*told, *(int(each) for each in also)}
            kept = tuple(sorted(each for each in named if self.played.matters[each].kept))
            self.played.replies.append(Told(day, kept, asks, reasons))

    def _learn(self, matter: int, day: int, news: str, *, with_reason: bool) -> None:
        """A person learns what became of something they hope for."""
        hopes, feel, kind = self.hopes, self.feel, self.nature.people
        hopes.news[matter] = ""
        person = hopes.person[matter]
        hopes.sign[matter] = day
        if news in ("accepted", "progress"):
            feel.frustration[person] *= kind.relief_progress
            return
        hopes.open[matter] = False
        if news == "implemented":
            feel.frustration[person] *= kind.relief_done
            feel.successes[person] += 1
            return
        blow = kind.refused_with_reason if with_reason else kind.refused_without
        blow *= kind.dropped_after_yes if news == "dropped" else 1.0
        feel.frustration[person] += blow * hopes.weight[matter] * hopes.hope[matter] / 0.6

    def _hearsay(self, day: int) -> None:
        kind = self.nature.people
        for matter, news in enumerate(self.hopes.news):
            seen = 0.15 if news == "implemented" else kind.hearsay
            if news and self.chance.random() < seen:
                self._learn(matter, day, news, with_reason=False)
        for number, ask in enumerate(self.played.asks):
            if ask.shelved and day > ask.steps[-1][0] + 60:
                for waiting in np.flatnonzero((self.hopes.ask == number) & self.hopes.open):
                    if self.chance.random() < kind.shelf_rumour:
                        self._learn(int(waiting), day, "dropped", with_reason=False)

    # --- feeling and leaving

    def _feel(self, day: int) -> None:
        chance, feel, hopes, kind = self.chance, self.feel, self.hopes, self.nature.people
        self._hearsay(day)
        people = len(feel.trust)
        resigned = kind.resignation + (1 - kind.resignation) * feel.trust
        feel.frustration *= 1 - kind.cooling
        if len(hopes.person):
            hope = hopes.hope * resigned[hopes.person]
            pull = hopes.open * hopes.weight * hope * np.tanh((day - hopes.sign) / kind.waiting_days)
            strongest, total = np.zeros(people), np.bincount(hopes.person, pull, people)
            np.maximum.at(strongest, hopes.person, pull)
            wear = strongest + kind.second_matter * (total - strongest)
            feel.frustration += kind.waiting * wear / 0.5
            broken = hopes.open & ~hopes.broken & (hopes.by <= day)
            spoken = np.where(day - feel.heard[hopes.person] <= 28, kind.forewarned, 1.0)
            blow = broken * kind.broken_promise * hopes.weight * hope / 0.5 * spoken
            feel.frustration += np.bincount(hopes.person, blow, people)
            hopes.broken |= broken
        beyond = np.maximum(0, (day - feel.heard) / (self.played.cadence * feel.patience) - 1)
        feel.frustration += kind.silence * np.tanh(beyond)
        vexed = chance.random(people) < kind.vexation
        feel.frustration += vexed * chance.exponential(kind.vexation_size, people)
        warranted = odds(
            1.2 - 2.4 * np.tanh(feel.frustration) + 0.5 * np.minimum(2, feel.successes) + 0.2 * feel.loyalty
        )
        feel.trust += kind.trust_pace * (warranted - feel.trust) + chance.normal(0, kind.trust_noise, people)
        np.clip(feel.trust, 0.02, 0.98, out=feel.trust)

    def _leave(self, day: int) -> None:
        chance, feel, kind = self.chance, self.feel, self.nature.people
        pull = odds((feel.frustration - feel.tolerance) / kind.leaving_width)
        rate = kind.leaving_floor + kind.leaving_peak * pull
        rate *= np.where(feel.occasion, kind.occasion, kind.no_occasion)
        self.played.hazards.append(feel.here * rate * kind.says_so[0] / WEEK)
        disappointed = feel.here & (chance.random(len(rate)) < rate)
        elsewhere = kind.leaves_otherwise * np.exp(0.4 * feel.life)
        otherwise = feel.here & ~disappointed & (chance.random(len(rate)) < elsewhere)
        gone = disappointed | otherwise
        for place in np.flatnonzero(gone):
            reason = str(chance.choice(OTHER_REASONS))
            if disappointed[place]:
                reason = str(chance.choice(["disappointed", "no_time", "not_given", ""], p=kind.says_so))
            person = self.played.people[place]
            person.reason = reason
            person.left = day
        feel.here &= ~gone
        if disappointed.any():
            touched = self.feel.friends[disappointed].any(axis=0)
            feel.frustration[touched] += kind.friend_leaves

    # --- ending

    def _perhaps_close(self, day: int) -> None:
        asks = self.played.asks
        if not asks or self.second_batch:
            return
        ends = [ask.ended() for ask in asks]
        finished = all(end is not None and end + 28 <= day for end in ends)
        if not finished and day < self.wound_up:
            return
        done = sum(ask.steps[-1][1] == "implemented" and ask.steps[-1][0] <= day for ask in asks)
        agreed = sum(ask.steps[-1][1] != "declined" for ask in asks)
        if done and done == agreed:
            self._close(day, "implemented", "Everything accepted has been carried out.")
        elif done:
            self._close(day, "partly_implemented", "Part was carried out; the rest was dropped.")
        else:
            self._close(day, "not_implemented", "The sponsor could not take it on.")

    def _close(self, day: int, outcome: str, reason: str) -> None:
        told = self.chance.random() < odds(1.2 + 0.7 * self.readiness)
        for matter in np.flatnonzero(self.hopes.open):
            if told:
                self.hopes.news[matter] = self.hopes.news[matter] or "declined"
            elif not self.hopes.news[matter]:
                self.hopes.news[matter] = "dropped"
        if told:
            self._reply(day, min(day // WEEK, len(self.load) - 1))
        self.played.closed = (day, outcome, reason)


def play(
    chance: Generator, nature: Nature, readiness: float, load: Floats, sponsor: Sponsor, days: int
) -> Played:
    """A project lived for up to `days` days by a team of that readiness.

    `load` holds how overloaded the team is in each week of the project, in spreads around 0.
    """
    return _Life(chance, nature, readiness, load, sponsor).live(days)
