"""The public address and the trusted proxies, and whether what arrives matches them."""

from __future__ import annotations

import streamlit as st

from lab.access.commands import set_network
from lab.access.network import Arrival, is_this_machine, mismatches, origin_of
from lab.access.queries import PUBLIC_ADDRESS, TRUSTED_PROXIES, network_settings
from pages.parts import shell
from pages.parts.plain import Markdown, plain


def render() -> None:
    """The form, and how this browser's own request arrived."""
    with shell.reading() as session:
        settings = network_settings(session)
    st.subheader("Address", anchor=False)
    came, shown = _arrival(), shell.shown_address()
    st.write(
        "The public address stands in QR codes, on the wall and in every link the lab gives out; requests "
        "under other names are refused. Only trusted proxies say who visits, and whether by HTTPS."
    )
    for words in mismatches(shown, came, settings):
        st.warning(plain(words))
    st.text(
        f"This browser shows {shown}. Its request arrived as "
        f"{origin_of(came.scheme, came.host) or 'unknown'}, from {came.client or 'an unknown address'}."
    )
    with st.form("administration.network", border=False):
        public = st.text_input(
            "Public address",
            settings.public_address,
            max_chars=300,
            placeholder=f"None: whichever people use. Now: {shown}",
            disabled=PUBLIC_ADDRESS in settings.set_outside,
            help=_help(PUBLIC_ADDRESS, "Such as https://lab.example.org."),
        )
        trusted = st.text_input(
            "Trusted proxies",
            str(settings.trusted),
            max_chars=1000,
            disabled=TRUSTED_PROXIES in settings.set_outside,
            help=_help(TRUSTED_PROXIES, "Addresses or networks, with commas between."),
        )
        meant = True
        if public and public != shown and not is_this_machine(shown):
            meant = st.checkbox(
                f"After this the lab is reached at {plain(public)} alone, and not at {plain(shown)}"
            )
        if st.form_submit_button("Save", type="primary"):
            _save(public, trusted, shown, is_meant=meant)


def _save(public: str, trusted: str, shown: str, *, is_meant: bool) -> None:
    if public and public.rstrip("/") != shown and not is_meant:
        st.error(
            f"This browser shows {plain(shown)}. Tick the box above if the lab is to leave that address."
        )
    elif shell.perform(set_network, public_address=public, trusted_proxies=trusted):
        shell.done("Saved. It is in force within some seconds.")


def _help(variable: str, words: Markdown) -> Markdown:
    return f"{words} The environment variable {plain(variable)} goes before it."


def _arrival() -> Arrival:
    """How this browser's websocket arrived."""
    headers = st.context.headers
    return Arrival(
        headers.get("X-Forwarded-Proto", ""),
        headers.get("Host", ""),
        headers.get("X-Forwarded-For", ""),
        headers.get("X-Lab-Not-Believed", ""),
        bool(headers.get("X-Lab-Direct", "")),
    )
