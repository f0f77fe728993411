"""`python -m lab …`; the commands are in lab/cli."""

from lab.cli import run
from lab.foundation.beside import keep_private

if __name__ == "__main__":
    keep_private()
    run()
