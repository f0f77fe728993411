"""Sentences about a workshop that people read. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from lab.foundation.language import label

_NAMED: Final = 5
"""Clusters that are named in a sentence."""


def group_pseudonym(group: str) -> str:
    """The pseudonym of a stakeholder group as it is known from workshops."""
    return f"{label(group)}, in workshops"


def report_of(title: str) -> str:
    """How people were told."""
    return f"Report of “{title}”"


def promised_in(title: str) -> str:
    """Why a recommendation was accepted in the room."""
    return f"Promised in “{title}”."


def what_we_heard(notes: Iterable[tuple[str, str]]) -> str:
    """A first sentence for the report, from each note's cluster and kind; empty without notes."""
    told = list(notes)
    if not told:
        return ""
    number = "One note was" if len(told) == 1 else f"{len(told)} notes were"
    clusters = Counter(cluster for cluster, _ in told if cluster).most_common(_NAMED)
    if not clusters:
        return f"{number} written."
    named = ", ".join(f"{cluster} ({number})" for cluster, number in clusters)
    return f"{number} written. Most was said about: {named}."
