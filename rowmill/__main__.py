"""`python -m rowmill` is the command line."""

from rowmill.cli import run

run()
