"""Join codes, tokens, and the hash chain that reveals changed ballots. Pure."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from lab.foundation.errors import Invalid, WrongTransition

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""31 letters and digits, without 0, O, 1, I and L, which people confuse."""
CODE_LENGTH: Final = 6
"""Length of a join code: 31⁶ ≈ 890 million, and wrong guesses are slowed down."""
RECEIPT_LENGTH: Final = 10
"""Length of a receipt: 31¹⁰ ≈ 8 × 10¹⁴, so two voters of a round don't get the same by chance."""
SLIP_LENGTH: Final = 12
"""Length of a slip's code: 31¹² ≈ 8 × 10¹⁷, and wrong guesses are slowed down."""
FEWEST_OPTIONS: Final = 2
MOST_OPTIONS: Final = 30
LONGEST_WORRY: Final = 500
STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "draft": ("open",),
    "open": ("closed",),
    "closed": ("revealed",),
    "revealed": (),
}
"""A round only goes forward; to vote again, make a new round."""


def guard_step(state: str, to: str) -> None:
    """Refuse a step that a round cannot take.

    Raises:
        WrongTransition: with what can be done instead.
    """
    if to in STEPS[state]:
        return
    if state in ("closed", "revealed"):
        raise WrongTransition(
            "This round is closed, and a closed round is never reopened. Make a new round for a second look."
        )
    raise WrongTransition(f"A round that is {state} cannot become {to}.")


def token_hash(round_id: uuid.UUID, token: str) -> str:
    """The hash of a voter's token, different in each round."""
    return hashlib.sha256(f"{round_id}:{token}".encode()).hexdigest()


def slip_hash(round_id: uuid.UUID, code: str) -> str:
    """How a slip's code is kept."""
    return hashlib.sha256(f"slip:{round_id}:{code}".encode()).hexdigest()


def guard_group(group: str | None, groups: Sequence[str]) -> str | None:
    """The group a ballot counts for, or None where the round does not ask.

    Raises:
        Invalid: the round asks, and this is none of its groups.
    """
    if not groups:
        return None
    if group not in groups:
        raise Invalid("Please choose the group you belong to before you vote.", field="group")
    return group


def commitment(
    round_id: uuid.UUID,
    voter_id: uuid.UUID,
    marks: Sequence[int],
    group: str | None,
    source: str,
    weight: int,
    salt: str,
) -> str:
    """SHA-256 of a ballot's contents, salted so that it can't be guessed."""
    content = [str(round_id), str(voter_id), list(marks), group, source, weight, salt]
    return hashlib.sha256(_compact(content).encode()).hexdigest()


_compact = json.JSONEncoder(separators=(",", ":")).encode


def withdrawal(round_id: uuid.UUID, voter_id: uuid.UUID) -> str:
    """The commitment of an entry that withdraws a paper ballot."""
    return hashlib.sha256(f"withdrawn:{round_id}:{voter_id}".encode()).hexdigest()


def unlinked(ballots: Iterable[tuple[Sequence[int], str | None, str, int]]) -> str:
    """The commitment of an entry for ballots that lead to nobody any more: marks, group, source and weight of
    each, in an order that says nothing."""
    content = sorted(_compact([list(marks), *facts]) for marks, *facts in ballots)
    return hashlib.sha256(_compact(content).encode()).hexdigest()


def link(before: str, seq: int, commitment: str) -> str:
    """The next link of a chain: SHA-256 over the link before it, the sequence number, and the entry."""
    return hashlib.sha256(f"{before}:{seq}:{commitment}".encode()).hexdigest()
