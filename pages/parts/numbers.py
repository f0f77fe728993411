"""The lab's numbers for several screens, cached until something is recorded."""

from __future__ import annotations

import datetime as dt
import uuid

import streamlit as st

from lab.access.rights import Actor
from lab.foundation.place import lab_database
from lab.rates.portfolio import Portfolio, portfolio
from lab.rates.queries import Rates, newest_record, rates
from lab.rates.statistics import Share
from pages.parts import shell

KEPT = 300
"""Seconds after which the cache expires anyway: with several writing processes, a record may become visible
after a newer one."""


def rates_on(actor: Actor, as_of: dt.date) -> Rates:
    """The numbers on a day. The permission is checked on every run."""
    return _rates(*_state(actor), as_of, actor)


def portfolio_on(actor: Actor, as_of: dt.date, today: dt.date) -> Portfolio:
    """The portfolio on a day."""
    return _portfolio(*_state(actor), as_of, today, actor)


def _state(actor: Actor) -> tuple[str, uuid.UUID | None]:
    with shell.reading() as session:
        return lab_database().url, newest_record(session, actor)


@st.cache_data(max_entries=24, ttl=KEPT, show_spinner=False)
def _rates(of: str, newest: uuid.UUID | None, as_of: dt.date, _actor: Actor) -> Rates:
    with shell.reading() as session:
        return rates(session, _actor, as_of=as_of)


@st.cache_data(max_entries=24, ttl=KEPT, show_spinner=False)
def _portfolio(of: str, newest: uuid.UUID | None, as_of: dt.date, today: dt.date, _actor: Actor) -> Portfolio:
    with shell.reading() as session:
        return portfolio(session, _actor, as_of=as_of, today=today)


def share_words(share: Share) -> str:
    """“50%, 95% interval 29%–71%”, or that there are too few."""
    if share.rate is None or share.low is None or share.high is None or share.total < 5:
        return "too few for a percentage"
    return f"{share.rate:.0%}, 95% interval {share.low:.0%}–{share.high:.0%}"


def as_of_input(key: str, today: dt.date) -> dt.date:
    """The day the numbers are asked for: today unless chosen."""
    chosen = st.date_input("As of", today, max_value=today, key=key, width=200)
    return chosen if isinstance(chosen, dt.date) else today
