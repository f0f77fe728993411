"""A served lab that is killed, starved, crowded or misused while people vote: `make faults`, in its short
form `make faults-short` (LAB_FAULTS_SHORT).

Each test says what it found as a line of one table, which `make faults` prints at its end. Take the fixture
and call it once per line, before the assertions, so that a figure that misses its mark is in the table too:

    def test_…(lab: Lab, figure: Figure) -> None:
        …
        figure("database locked 10 s", "0 lost, 0 twice", f"{lost} lost of {sent}, waited {wait:.1f} s")
        assert lost == 0

Lines with the same fault and pass mark are joined, one figure for each database. A test that is marked
postgres (as a parameter of `lab` is) speaks of PostgreSQL, any other of SQLite. `number(full=…, short=…)`
says how often.
"""
