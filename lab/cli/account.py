"""`python -m lab init` and `account …`: set up the lab and manage accounts."""

from __future__ import annotations

import sys
import uuid
from enum import StrEnum
from typing import Annotated, Final

import typer

from db.engine import Session
from lab.access import commands as access
from lab.access.links.commands import make_link
from lab.access.links.rules import path_of
from lab.access.passwords import hashed
from lab.access.queries import account_called, network_settings, people_with_access, sponsor_called
from lab.access.rights import COMMAND_LINE
from lab.access.sessions.commands import sign_out_everywhere
from lab.cli.answers import print_answer, report
from lab.cli.databases import reading, writing
from lab.cli.network import PublicAddressOption, TrustedProxiesOption
from lab.cli.options import DatabaseOption, FormatOption, choose
from lab.foundation import clock
from lab.foundation.errors import Invalid

account = typer.Typer(no_args_is_help=True, help="Who may sign in.")

PasswordOption = Annotated[bool, typer.Option("--password-stdin", help="Read it from standard input.")]


HERE: Final = "http://localhost:8501"
AddressOption = Annotated[
    str | None, typer.Option(help="With what the link begins; else the lab's public address.")
]


class Role(StrEnum):
    """What an account may do."""

    FACILITATOR = "facilitator"
    STAKEHOLDER = "stakeholder"
    SPONSOR = "sponsor"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"


def init(
    lab_name: Annotated[str, typer.Option(help="Name of the lab.")],
    name: Annotated[str, typer.Option(help="The first administrator's name.")],
    email: Annotated[str, typer.Option(help="The first administrator's e-mail address.")],
    time_zone: Annotated[str, typer.Option(help="Where its days begin, like Europe/Berlin.")] = "UTC",
    public_address: PublicAddressOption = None,
    trusted_proxies: TrustedProxiesOption = None,
    password_stdin: PasswordOption = False,
    database: DatabaseOption = None,
    form: FormatOption = None,
) -> None:
    """Set up an empty database: the lab and its first administrator."""
    choose(database, form)
    password = hashed(_password(password_stdin), about=(lab_name, name, email))
    with writing() as session:
        access.first_administrator(
            session, lab_name=lab_name, name=name, email=email, password=password, now=clock.now(),
            time_zone=time_zone, public_address=public_address or "", trusted_proxies=trusted_proxies,
        )  # fmt: skip
    report(f"{lab_name} is set up. Start it with `make run`.", lab=lab_name, administrator=email)


@account.command("add")
def add(
    email: Annotated[str, typer.Option()],
    name: Annotated[str, typer.Option()],
    role: Annotated[Role, typer.Option()],
    sponsor: Annotated[str | None, typer.Option(help="Name of the sponsor they answer for.")] = None,
    password_stdin: PasswordOption = False,
    database: DatabaseOption = None,
    form: FormatOption = None,
) -> None:
    """Give somebody access."""
    choose(database, form)
    password = hashed(_password(password_stdin), about=(name, email))
    with writing() as session:
        access.add_account(
            session,
            COMMAND_LINE,
            name=name,
            email=email,
            role=role.value,
            password=password,
            sponsor_id=sponsor_called(session, COMMAND_LINE, sponsor) if sponsor else None,
            now=clock.now(),
        )
    report(f"{email} may sign in as {role.value}.", email=email, role=role.value)


@account.command("invite")
def invite(
    email: Annotated[str, typer.Option()],
    name: Annotated[str, typer.Option()],
    role: Annotated[Role, typer.Option()],
    sponsor: Annotated[str | None, typer.Option(help="Name of the sponsor they answer for.")] = None,
    address: AddressOption = None,
    database: DatabaseOption = None,
    form: FormatOption = None,
) -> None:
    """Give somebody access, and print a link with which they choose their password, once."""
    choose(database, form)
    with writing() as session:
        account_id = access.add_account(
            session,
            COMMAND_LINE,
            name=name,
            email=email,
            role=role.value,
            password=None,
            sponsor_id=sponsor_called(session, COMMAND_LINE, sponsor) if sponsor else None,
            now=clock.now(),
        )
        link = _link(session, account_id, address)
    report(f"Send this link to {name} alone: {link}", email=email, role=role.value, link=link)


@account.command("reset")
def reset(
    email: Annotated[str, typer.Option()],
    address: AddressOption = None,
    database: DatabaseOption = None,
    form: FormatOption = None,
) -> None:
    """Print a link with which somebody chooses a password, once; it replaces earlier links."""
    choose(database, form)
    with writing() as session:
        link = _link(session, account_called(session, COMMAND_LINE, email), address)
    report(f"Send this link to {email} alone: {link}", email=email, link=link)


def _link(session: Session, account_id: uuid.UUID, address: str | None) -> str:
    begins = address or network_settings(session).public_address or HERE
    return begins.rstrip("/") + path_of(make_link(session, COMMAND_LINE, account_id, clock.now()))


@account.command("role")
def change_role(
    email: Annotated[str, typer.Option()],
    role: Annotated[Role, typer.Option()],
    sponsor: Annotated[str | None, typer.Option(help="Name of the sponsor they answer for.")] = None,
    database: DatabaseOption = None,
    form: FormatOption = None,
) -> None:
    """Give somebody another role, and end their sessions."""
    choose(database, form)
    with writing() as session:
        access.change_role(
            session,
            COMMAND_LINE,
            account_called(session, COMMAND_LINE, email),
            role=role.value,
            sponsor_id=sponsor_called(session, COMMAND_LINE, sponsor) if sponsor else None,
            now=clock.now(),
        )
    report(f"{email} is now {role.value}.", email=email, role=role.value)


@account.command("signout")
def sign_out(
    email: Annotated[str, typer.Option()], database: DatabaseOption = None, form: FormatOption = None
) -> None:
    """End all of somebody's sessions."""
    choose(database, form)
    with writing() as session:
        account_id = account_called(session, COMMAND_LINE, email)
        sign_out_everywhere(session, COMMAND_LINE, account_id, clock.now())
    report(f"{email} is signed out everywhere.", email=email, signed_out=True)


@account.command("list")
def list_accounts(database: DatabaseOption = None, form: FormatOption = None) -> None:
    """Everybody with access."""
    choose(database, form)
    with reading() as session:
        people = people_with_access(session, COMMAND_LINE)
    rows = [
        {
            "email": person.email,
            "name": person.name,
            "role": person.role,
            "sponsor": person.sponsor or "",
            "disabled": person.disabled,
        }
        for person in people
    ]
    print_answer(rows, rows)


@account.command("disable")
def disable(
    email: Annotated[str, typer.Option()], database: DatabaseOption = None, form: FormatOption = None
) -> None:
    """Take access away, at once."""
    choose(database, form)
    with writing() as session:
        account_id = account_called(session, COMMAND_LINE, email)
        access.disable_account(session, COMMAND_LINE, account_id, clock.now())
    report(f"{email} can no longer sign in.", email=email, disabled=True)


@account.command("enable")
def enable(
    email: Annotated[str, typer.Option()], database: DatabaseOption = None, form: FormatOption = None
) -> None:
    """Give access back."""
    choose(database, form)
    with writing() as session:
        account_id = account_called(session, COMMAND_LINE, email)
        access.enable_account(session, COMMAND_LINE, account_id, clock.now())
    report(f"{email} may sign in again.", email=email, disabled=False)


@account.command("password")
def new_password(
    email: Annotated[str, typer.Option()],
    password_stdin: PasswordOption = False,
    database: DatabaseOption = None,
    form: FormatOption = None,
) -> None:
    """Set a new password and end the account's sessions."""
    choose(database, form)
    password = hashed(_password(password_stdin), about=(email,))
    with writing() as session:
        account_id = account_called(session, COMMAND_LINE, email)
        access.set_password(session, COMMAND_LINE, account_id, password, clock.now())
    report(f"{email} has a new password.", email=email, password="set")


def _password(from_standard_input: bool) -> str:
    if from_standard_input:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise Invalid("Give the password on standard input, with --password-stdin.")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
