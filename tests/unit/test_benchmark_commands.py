"""What benchmarks say of a command is of that command."""

from pathlib import Path

import numpy as np

from benchmarks.commands import run


def test_the_memory_of_who_starts_a_command_is_not_counted_as_the_commands(tmp_path: Path) -> None:
    held = np.ones(60_000_000)
    peak = run(tmp_path, "conversionflow", "--version")
    assert 5 < peak < 300 < held.nbytes / 1e6
