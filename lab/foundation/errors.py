"""Errors for users: what is wrong, and what to do."""

from __future__ import annotations

from collections.abc import Mapping


class LabError(Exception):
    """An error whose `message` is shown to the user as it is."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Invalid(LabError):
    """Invalid input; `field` names the field at fault, if there is one."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NotAllowed(LabError):
    """The person has no right to do or see this."""


class NotFound(LabError):
    """There is no such record, or this person may not see it."""


class Conflict(LabError):
    """Somebody else changed the record in the meantime, or a name is taken. If a record was changed,
    `current` is its current version and `theirs` its current values.
    """

    def __init__(
        self, message: str, *, current: int | None = None, theirs: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.current = current
        self.theirs = dict(theirs or {})


class WrongTransition(LabError):
    """The record's state does not allow this step."""


class TooMany(LabError):
    """Too many tries in too short a time; `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after
