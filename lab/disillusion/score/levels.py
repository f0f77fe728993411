"""From probabilities to levels, with hysteresis so that a flag does not flicker. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WATCH: Final = (0.10, 0.07)
AT_RISK: Final = (0.20, 0.14)
"""(raised at or above, cleared below); either takes two evaluations in a row, a fortnight apart."""
CONFIRM: Final = 2


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm: whether it is on, and how many evaluations in a row contradict that."""

    on: bool = False
    against: int = 0

    def after(self, probability: float, thresholds: tuple[float, float]) -> Alarm:
        """The alarm after one more evaluation."""
        raised_at, cleared_below = thresholds
        contrary = probability < cleared_below if self.on else probability >= raised_at
        if not contrary:
            return Alarm(self.on, 0)
        if self.against + 1 >= CONFIRM:
            return Alarm(not self.on, 0)
        return Alarm(self.on, self.against + 1)


@dataclass(frozen=True, slots=True)
class AlertState:
    """The state carried from one evaluation to the next."""

    watch: Alarm = Alarm()
    at_risk: Alarm = Alarm()
    critical: bool = False

    @property
    def level(self) -> str:
        """`calm`, `watch`, `at_risk` or `critical`."""
        if self.critical:
            return "critical"
        return "at_risk" if self.at_risk.on else "watch" if self.watch.on else "calm"

    def as_text(self) -> str:
        """Five characters for storage; `from_text` reads them."""
        return (
            f"{self.watch.on:d}{self.watch.against}{self.at_risk.on:d}{self.at_risk.against}{self.critical:d}"
        )


def from_text(text: str) -> AlertState:
    """Parse what `as_text` wrote.

    Raises:
        ValueError: the text is something else.
    """
    if len(text) != 5 or not text.isdigit():
        raise ValueError(f"not an alert state: {text!r}")
    watch_on, watch_against, risk_on, risk_against, critical = (int(digit) for digit in text)
    return AlertState(Alarm(watch_on == 1, watch_against), Alarm(risk_on == 1, risk_against), critical == 1)


def step(state: AlertState, probability: float, immediate: bool = False) -> AlertState:
    """The state after one more evaluation. `immediate` (a stakeholder left disappointed, or an important
    promise is long overdue in silence) needs no confirmation."""
    return AlertState(
        state.watch.after(probability, WATCH), state.at_risk.after(probability, AT_RISK), immediate
    )


def replay(probabilities: Sequence[float], immediates: Sequence[bool] = ()) -> list[str]:
    """The level after each evaluation of a series that starts calm."""
    state, levels = AlertState(), []
    for index, probability in enumerate(probabilities):
        state = step(state, probability, immediates[index] if index < len(immediates) else False)
        levels.append(state.level)
    return levels
