"""How long sessions last, how many wrong passwords are too many, and what a browser calls itself. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

IDLE_MINUTES: Final = (15, 24 * 60)
"""Bounds of the lab's setting: minutes without use after which a session ends."""
HOURS: Final = (1, 30 * 24)
"""Bounds of the lab's setting: hours after which a session ends in any case; NIST SP 800-63B-4 allows 30 days
with a password alone (section 2.1.3)."""
SEEN_EVERY: Final = dt.timedelta(minutes=1)
"""How exact the last use of a session is."""

WINDOW: Final = dt.timedelta(minutes=15)
TRIES_HERE: Final = 8
"""Wrong passwords for one account from one network."""
TRIES_FROM_NETWORK: Final = 60
"""For any account from one network: more, because an office or a workshop shares an address."""
TRIES_ON_DEVICE: Final = 20
"""In a row on a known device, which is then forgotten: whoever stole it must not guess without limit."""
MOST_DEVICES: Final = 20
"""Known devices of one account; the ones used least recently are forgotten."""
MOST_TRIES: Final = 20_000
"""Wrong passwords kept of all networks; the oldest are forgotten."""
RECORDED: Final = 30
"""Wrong passwords within the window that are recorded one by one, so that nobody fills the event log."""

LONGEST_BROWSER: Final = 400
_BROWSERS: Final = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox|FxiOS", "Firefox"),
    ("Chrome|CriOS|Chromium", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS: Final = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("Macintosh|Mac OS X", "Mac"), ("CrOS", "a Chromebook"), ("Linux|X11", "Linux"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long sessions last."""

    idle: dt.timedelta
    whole: dt.timedelta

    @classmethod
    def of(cls, idle_minutes: int, hours: int) -> Lifetime:
        """As the lab has set it, within the bounds."""
        return cls(
            dt.timedelta(minutes=min(max(idle_minutes, IDLE_MINUTES[0]), IDLE_MINUTES[1])),
            dt.timedelta(hours=min(max(hours, HOURS[0]), HOURS[1])),
        )

    def is_over(self, opened: dt.datetime, seen: dt.datetime, now: dt.datetime) -> bool:
        """Whether a session has been open or unused for too long. A clock that was put back ends none."""
        return now - opened >= self.whole or now - max(seen, opened) >= self.idle


@dataclass(frozen=True, slots=True)
class Visitor:
    """The browser with which somebody signs in."""

    address: str
    network: str
    """What limits count as one client: the address, or an IPv6 address's network."""
    user_agent: str = ""
    device: str = ""
    """The token of its device cookie."""
    session: str = ""
    """The token of the session it has; signing in ends that."""


def token_hash_of(token: str) -> str:
    """The SHA-256 of a token in hexadecimal, which the database stores."""
    return hashlib.sha256(token.encode()).hexdigest()


def tried_subjects(folded_email: str, network: str) -> dict[str, int]:
    """What a wrong password counts for, and how many of each are too many."""
    return {
        token_hash_of(f"account:{folded_email}\n{network}"): TRIES_HERE,
        token_hash_of(f"network:{network}"): TRIES_FROM_NETWORK,
    }


def browser_in_words(user_agent: str) -> str:
    """Such as "Firefox on Windows"; empty if it says nothing that is known."""
    said = user_agent[:LONGEST_BROWSER]
    browser = next((name for pattern, name in _BROWSERS if re.search(pattern, said)), "")
    system = next((name for pattern, name in _SYSTEMS if re.search(pattern, said)), "")
    return f"{browser} on {system}" if browser and system else browser or system


def neighbourhood(address: str) -> str:
    """An address without the part that names one household, for the event log, which is kept for good: the
    first three of four parts (IPv4), the first 48 bits (IPv6). Empty if it is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network((found, 24 if isinstance(found, IPv4Address) else 48), strict=False))
