"""The wrap-up of one workshop as the only screen."""

from __future__ import annotations

import uuid

import streamlit as st

from pages.parts import shell
from pages.workshop import wrap_up

shell.say_what_was_done()
wrap_up.render(shell.actor(), uuid.UUID(st.query_params["workshop"]))
