"""No cell of any CSV that the lab writes is a formula when LibreOffice opens it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Text, update
from sqlalchemy.orm import Session

from db.engine import Database
from lab.access.rights import COMMAND_LINE
from lab.exchange.arriving.take import import_lab
from lab.exchange.scope import tables_of_export
from lab.exchange.tables import write_table
from lab.exchange.whole import export_lab
from tests.cli.running import lab
from tests.exchange.package import everything as everything
from tests.exchange.test_arriving import taken
from tests.faults.conftest import Figure

pytestmark = pytest.mark.fault
BEGINNINGS = (
    "=1+1", "+1+1", "-1+1", "−1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "＝1+1", "＋1+1",
    "－1+1", "＠SUM(1)", "a;=1+1", "a\t=1+1", "a\n=1+1", '"=1+1', "'=1+1", "''=1+1", "=HYPERLINK(\"http://x\")",
)  # fmt: skip
FORMULA = re.compile(r'table:formula="([^"]*)"')
# separators comma, semicolon, tab; UTF-8; all columns standard; formulas are evaluated
OPENED = "CSV:44/59/9,34,76,1,,0,false,true,false,false,false,-1"


def formulas_in(files: list[Path], place: Path) -> list[str]:
    """What LibreOffice makes a formula of, in all these files."""
    subprocess.run(
        [
            "soffice", "--headless", f"-env:UserInstallation=file://{place / 'profile'}",
            "--convert-to", "fods", f"--infilter={OPENED}", "--outdir", str(place / "opened"),
            *map(str, files),
        ],
        check=True, capture_output=True, timeout=600,
    )  # fmt: skip
    opened = sorted((place / "opened").glob("*.fods"))
    assert len(opened) == len(files)
    return [
        f"{path.stem}: {found}"
        for path in opened
        for found in FORMULA.findall(path.read_text(encoding="utf-8"))
    ]


@pytest.fixture
def poisoned(everything: Path, empty_sqlite: Path, tmp_path: Path) -> Iterator[Database]:
    """A lab whose every free text begins as a formula, in one way or another."""
    shutil.copy(empty_sqlite, tmp_path / "lab.db")
    database = Database(f"sqlite:///{tmp_path / 'lab.db'}")
    with database.writing() as session:
        import_lab(session, COMMAND_LINE, everything)
        poison(session)
    yield database
    database.close()


def poison(session: Session) -> None:
    turn = count()
    for table in tables_of_export():
        for column in table.columns:
            if isinstance(column.type, Text) and taken("any words", column) == "any words":
                beginning = BEGINNINGS[next(turn) % len(BEGINNINGS)]
                session.execute(
                    update(table)
                    .where(column.is_not(None), column != "")
                    .values({column: beginning + column})
                )


@pytest.mark.skipif(
    shutil.which("soffice") is None,
    reason="NO LIBREOFFICE: nothing is said about formulas (Debian: apt-get install libreoffice-calc-nogui)",
)
def test_libreoffice_finds_no_formula_in_any_csv_that_the_lab_writes(
    poisoned: Database, tmp_path: Path, figure: Figure
) -> None:
    place = tmp_path / "written"
    place.mkdir()
    with poisoned.reading() as session:
        export_lab(session, COMMAND_LINE, place / "export")
    rows = [{"a": each, "b": f"{each} and more"} for each in BEGINNINGS]
    (place / "table.csv").write_bytes(write_table(["a", "b"], rows))
    for name, command in {
        "risk": ["risk"], "accounts": ["account", "list"], "rates": ["rates"], "audit": ["audit"],
    }.items():  # fmt: skip
        done = lab(poisoned.url, *command, "--format", "csv")
        assert done.returncode == 0, done.stderr
        (place / f"{name}.csv").write_text(done.stdout, encoding="utf-8", newline="")
    files = sorted(place.rglob("*.csv"))
    cells = sum(path.read_text(encoding="utf-8").count(",") for path in files)
    found = formulas_in(files, tmp_path)
    figure(
        "CSV cells starting = + − @ tab CR, opened by LibreOffice",
        "0 formulas",
        f"{len(found)} formulas in {len(files)} files of some {cells:,} cells",
    )
    assert found == []
    unguarded = tmp_path / "unguarded.csv"
    unguarded.write_text("\n".join(BEGINNINGS[:1]), encoding="utf-8")
    assert formulas_in([unguarded], tmp_path / "again") == ["unguarded: of:=1+1"], "it would find one"
