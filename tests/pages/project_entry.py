"""The project's screen alone, for the tests to drive."""

from pages.project import render

render()
