"""Macros of the adapter `postgrespython`."""

from pathlib import Path

PACKAGE_PATH = str(Path(__file__).parent)
