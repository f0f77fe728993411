"""What people typed, in every kind of widget that reads Markdown, for a browser to draw."""

import streamlit as st

from pages.parts.plain import plain
from tests.payloads import MARKDOWN

for number, typed in enumerate(MARKDOWN):
    text = plain(typed)
    with st.container(key=f"typed-{number}"):
        st.title(text, anchor=False)
        st.markdown(text)
        st.caption(text)
        st.error(text)
        st.button(text, key=f"button-{number}")
        st.checkbox(text, key=f"checkbox-{number}")
        st.expander(text)
    with st.container(key=f"beside-{number}"):
        st.markdown(f"**{text}** · seen  \n{text}")
st.markdown("all :smile: drawn")  # this loads what turns names into emoji
