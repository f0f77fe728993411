"""What is said of a running room, on the console and on the remote."""

from __future__ import annotations

from typing import Final

ON_PHONES: Final = {
    "expectations_round": "Phones take expectations",
    "ideas": "Phones take ideas",
    "cluster": "Phones take ideas",
    "worries": "Phones take worries",
    "dots": "Phones put dots on notes",
    "vote": "Phones vote",
    "pulse": "Phones answer the pulse",
}
"""What phones do while they are open, by the kind of block."""


def phones_now(kind: str, *, phones_open: bool, vote_state: str | None) -> tuple[str, bool]:
    """What phones do in a block of this kind, and whether they take anything now. `vote_state` is that of the
    block's vote, if it holds one."""
    if kind == "vote" and vote_state != "open":
        waiting = {"closed": "The vote is closed", "revealed": "The result is on the phones"}
        return waiting.get(vote_state or "", "Phones wait for the vote"), False
    words = ON_PHONES.get(kind)
    if words is None:
        return "Phones only show this block", phones_open
    return (words, True) if phones_open else ("Phones are closed", False)
