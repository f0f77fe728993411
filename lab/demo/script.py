"""What the demo lab's projects are about, and how each of them goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BLOCK: Final = 28
"""How many plots there are; a larger lab repeats them."""

SPONSORS = (
    "Eastmere Court Service",
    "Borough of Tallow Bridge",
    "Northfold Health Board",
    "Harrowgate Transport Office",
    "Ministry for Plain Dealing",
)
PLACES = ("Eastmere", "Tallow Bridge", "Northfold", "Little Harrow", "Saltmarsh", "Greywater")
TITLES = (
    ("Court letters people understand", "Why do people miss their hearing?"),
    ("Waiting less at the front desk", "What makes a visit to the office take a morning?"),
    ("Medicines after hospital", "How do people know what to take once they are home?"),
    ("A bus that comes", "Which journeys can nobody make without a car?"),
    ("Business rates on one page", "What stops small shops from paying on time?"),
    ("Home adaptations in weeks", "Why does a handrail take nine months?"),
    ("School places without the worry", "When do families need to know what?"),
    ("Repairs reported once", "Why do tenants report the same repair three times?"),
    ("Care plans families can read", "What do carers need at two in the morning?"),
    ("Safer crossings by the market", "Where do people cross, and why there?"),
    ("Bills in hard times", "How can owing money be talked about early?"),
    ("Leaving care with a key", "What makes a first home last?"),
    ("Allotments for everyone", "Who never gets to the top of the list?"),
    ("Death registered with dignity", "How many offices must a widow visit?"),
)
IDEAS = (
    "Send a text message the day before",
    "Write the date and place first, in large letters",
    "One name and number to call",
    "A drawing of who does what, on the wall",
    "Ask once, and pass it on yourselves",
    "Somebody who has been through it sits with you",
)
HOPES = (
    "I will be told what happens next without having to ask",
    "Letters will say in plain words what I have to do",
    "Somebody will answer within a week",
    "It will take weeks and not months",
    "My mother will be able to use it too",
)
WORRIES = (
    "People change their numbers",
    "It will be dropped when the money ends",
    "Nobody will have read what we wrote",
    "It helps only those who speak up",
)
ASKS = (
    "Send a reminder in plain words before the date",
    "Give every case one named contact",
    "Publish how long each step takes",
    "Train front-line staff with people who use the service",
)
NAMES = ("Heron", "Wren", "Otter", "Badger", "Linnet", "Marten", "Plover", "Stoat")
GROUPS = ("service_user", "service_user", "carer", "front_line", "community", "public_manager", "partner")
RIVALS = (
    ("A call from a person", "Do people pick up, and remember?"),
    ("A card that fits the wallet", "Is it kept where it is needed?"),
    ("A notice at the bus stop", "Does it reach those no letter reaches?"),
)
GROUPS_ASKED = ("service_user", "carer", "front_line")
WHAT_WENT_WRONG = (
    "The budget was moved elsewhere before the trial ended.",
    "The law leaves no room for it; the sponsor will raise it with the ministry.",
    "The trial helped nobody; the people who tried it said so.",
    "Two other programmes took it over.",
)


@dataclass(frozen=True, slots=True)
class Plot:
    """How one project goes: the stage it reaches, how it ends, and how well people are told on the way."""

    reaches: str
    outcome: str | None = None
    reason: str = ""
    talkative: bool = True
    answered: bool = True
    paused: bool = False
    loses_people: bool = False
    waives: bool = False
    workshop: str = ""
    """How a workshop of it went, beside its other meetings: `planned`, `waiting` or `kept`."""
    age: int = 0
    """Days since it was opened; 0: random."""


CLOSED = (
    *(Plot("implement", "implemented", "Everything accepted has been carried out.") for _ in range(9)),
    *(
        Plot("implement", "partly_implemented", "Part was carried out; the rest was dropped.")
        for _ in range(4)
    ),
    *(Plot("recommend", "not_implemented", reason, talkative=False) for reason in WHAT_WENT_WRONG),
    Plot("discovery", "not_implemented", "Stopped after discovery: another office already solves this well."),
)
RUNNING = (
    Plot("discovery", age=30, workshop="planned"),
    Plot("discovery", talkative=False, age=150),
    Plot("co_design", age=90, workshop="kept"),
    Plot("co_design", paused=True, age=200),
    Plot("prototype", age=140, workshop="waiting"),
    Plot("prototype", waives=True, talkative=False, age=240),
    Plot("recommend", answered=False, talkative=False, age=450),
    Plot("recommend", answered=False, talkative=False, age=330),
    Plot("implement", age=320),
    Plot("implement", talkative=False, loses_people=True, age=460),
)
PLOTS = (*CLOSED, *RUNNING)
