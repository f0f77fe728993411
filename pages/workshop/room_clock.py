"""The clock of the present block: the server says how long is left, the browser counts on between looks."""

from __future__ import annotations

import streamlit as st

from lab.workshops.room.queries import Standing
from pages.parts import shell

HTML = '<div class="clock" role="timer" aria-live="off"><b></b> <span></span></div>'
CSS = """
.clock { font-family: var(--st-font); color: var(--st-text-color); line-height: 1.1; }
.clock b { font-size: 3.5rem; font-variant-numeric: tabular-nums; font-weight: 700; }
.clock span { font-size: 1.1rem; }
.clock.over b, .clock.over span { color: light-dark(#b3261e, #ffb4ab); }
"""
JAVASCRIPT = """
const TOLERATED = 700; // ms: what the network may take without the clock jumping
const clocks = new WeakMap();
export default function ({ parentElement, data }) {
  const clock = parentElement.querySelector(".clock");
  const state = clocks.get(clock) || {};
  clocks.set(clock, state);
  const ends = performance.now() + data.left;
  if (state.block !== data.block || data.paused || Math.abs(ends - state.ends) > TOLERATED) state.ends = ends;
  Object.assign(state, { block: data.block, paused: data.paused, left: data.left });
  const draw = () => {
    const left = state.paused ? state.left : state.ends - performance.now();
    const seconds = Math.floor(Math.abs(left) / 1000), isOver = left < 0;
    const pad = (n) => String(n).padStart(2, "0");
    const time = `${Math.floor(seconds / 60)}:${pad(seconds % 60)}`;
    clock.querySelector("b").textContent = (isOver ? "+" : "") + time;
    clock.querySelector("span").textContent =
      (isOver ? "over time" : "left") + (state.paused ? ", paused" : "");
    clock.classList.toggle("over", isOver);
  };
  clearInterval(state.timer);
  state.timer = setInterval(draw, 250);
  draw();
  return () => clearInterval(state.timer);
}
"""

_mount = st.components.v2.component("followthrough_clock", html=HTML, css=CSS, js=JAVASCRIPT)


def show(now: Standing) -> None:
    """The time left in the present block, moving every second, or standing while it is paused."""
    _mount(
        key="console.clock",
        data={
            "left": round(now.left(shell.now()).total_seconds() * 1000),
            "paused": now.paused_at is not None,
            "block": now.version,
        },
    )
