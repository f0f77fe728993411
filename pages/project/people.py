"""A project's people: who takes part, when they met the lab, and what they said."""

from __future__ import annotations

from pages.project import contributions, engagements, stakeholders
from pages.project.records import Screen

PARTS = {
    "stakeholder": stakeholders.render,
    "engagement": engagements.render,
    "contribution": contributions.render,
}


def render(screen: Screen) -> None:
    """Stakeholders, engagements and contributions; the part in the address first."""
    asked = screen.thread.records.get(screen.record) if screen.record else None
    first = asked.kind if asked else screen.section
    for kind in sorted(PARTS, key=lambda kind: kind != first):
        PARTS[kind](screen)
