"""Figures of the long checks: each writes its own section of docs/verification.md."""

import hashlib
import json
import re
from importlib.metadata import version
from pathlib import Path

PROJECT = Path(__file__).parents[1]
REPORT = PROJECT / "docs" / "verification.md"
TITLE = """# The last long verification

Written by `make verify`. Each section names the versions and the code it was made with (SHA-256 of all that
makes its figures).
"""
SOURCES = ("conversionflow", "models", "macros", "python_models")
LIBRARIES = ("duckdb", "nutpie", "numpy", "pymc", "scipy")


def code_hash(places: tuple[str, ...] = SOURCES) -> str:
    """SHA-256 of the code in folders, and files, of the project."""
    digest = hashlib.sha256()
    files = (file for place in places for file in [PROJECT / place, *(PROJECT / place).rglob("*")])
    for file in sorted(file for file in files if file.suffix in (".py", ".sql", ".yml")):
        digest.update(file.relative_to(PROJECT).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


def record(heading: str, text: str, folders: tuple[str, ...] = SOURCES, report: Path = REPORT) -> None:
    """Put a section into the report in place of the one of that heading, or at its end.

    The code in the folders is what makes its figures.
    """
    found = re.split(r"^## ", report.read_text(), flags=re.MULTILINE)[1:] if report.exists() else []
    sections = dict(section.split("\n", 1) for section in found)
    versions = json.dumps({name: version(name) for name in LIBRARIES})
    sections[heading] = f"\n{text.strip()}\n\nCode `{code_hash(folders)}`, versions `{versions}`.\n"
    body = "\n".join(f"## {name}\n\n{content.strip()}\n" for name, content in sections.items())
    report.write_text(f"{TITLE}\n{body}")
