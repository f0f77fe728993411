"""The project's screen alone, for the tests to drive."""

from pages.project.screen import render

render()
