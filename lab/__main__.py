"""`python -m lab …`; the commands are in lab/cli."""

from lab.cli import run

if __name__ == "__main__":
    run()
