"""The workshops' screen alone, for the tests to drive."""

from pages.workshop.screen import render

render()
