"""What a wrap-up will write, before it writes anything: records, where they come from, what nobody said.
Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from lab.foundation.text import quantity
from lab.workshops.after.proposal import Mark, Proposal, Proposed, WrapUpChoices
from lab.workshops.after.votes import ReportedVote


@dataclass(frozen=True, slots=True)
class ToWrite:
    """A record that will be written beside the contributions, and what of it will stay empty."""

    kind: str
    words: str
    group: str | None
    voices: int
    empty: tuple[str, ...]


def what_was_heard(notes: Iterable[Proposed], votes: Iterable[ReportedVote]) -> str:
    """A draft of what those who took part are told: a line for each cluster with its notes and dots, and for
    each vote its result. Empty if there is neither."""
    clusters: dict[str, list[Proposed]] = defaultdict(list)
    for note in notes:
        clusters[note.cluster].append(note)
    lines = [_cluster_said(title, clusters[title]) for title in sorted(clusters, key=lambda title: not title)]
    return "\n".join([*lines, *(f"{vote.question} {vote.outcome}" for vote in votes)])


def _cluster_said(title: str, notes: list[Proposed]) -> str:
    facts, dots = quantity(sum(note.voices for note in notes), "note"), sum(note.dots for note in notes)
    if dots:
        facts += f", {quantity(dots, 'dot')}"
    return f"{title or 'In no cluster'}: {facts}."


def to_write(shown: Proposal, choices: WrapUpChoices) -> tuple[ToWrite, ...]:
    """The expectations, foreseen risks and recommendations that keeping these choices will write, and the
    ideas it will mark as chosen, in the order of the proposal."""
    found = []
    for note in shown.notes:
        mark = choices.marks.get(note.id, note.mark)
        kind = _becomes(mark)
        if kind:
            found.append(ToWrite(kind, note.text, note.group, note.voices, tuple(_unsaid(note, mark, kind))))
    return tuple(found)


def _becomes(mark: Mark) -> str:
    """The kind of record a note becomes; nothing if it stays a contribution alone."""
    match mark.kind:
        case "expectation":
            return "expectation"
        case "worry":
            return "foreseen_risk"
        case "promise":
            return "recommendation" if mark.promised_by.strip() else "expectation"
        case "idea":
            return "chosen_idea" if mark.chosen else ""
    return ""


def _unsaid(note: Proposed, mark: Mark, kind: str) -> Iterable[str]:
    facts: dict[str, object] = {"who": note.group}
    if kind == "expectation":
        facts |= {"importance": mark.importance, "in our power": mark.within_power}
        facts |= {"said back": mark.said_back} if mark.kind == "expectation" else {}
    if kind in ("expectation", "recommendation"):
        facts["by when"] = mark.day
    return (name for name, value in facts.items() if value is None)
