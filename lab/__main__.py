"""`python -m lab …`; the commands are in lab/cli."""

from lab.cli import main

if __name__ == "__main__":
    main()
