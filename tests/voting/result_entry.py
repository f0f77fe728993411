"""A vote's screen alone, for the tests to drive."""

from pages.vote.screen import render

render()
