"""The bar of a long load, as a terminal shows it."""

import contextlib
import os
import pty
import re
import subprocess

import duckdb
import pytest
from conftest import BIN

ROWS = 600_000
TOUCHES = """
    copy (
        select
            't' || i as touch_id, 'c' || i % 1000 as customer_id,
            timestamp '2026-01-01' + to_seconds(i) as touched_at, 'search' as channel
        from range({rows}) as rows (i)
    ) to '{file}' (header)
"""


def in_a_terminal(warehouse, *command: str) -> tuple[str, str]:
    """What a command prints, and what a terminal gets of it on standard error."""
    ours, its = pty.openpty()
    process = subprocess.Popen(  # noqa: S603
        [str(BIN / command[0]), *command[1:]],
        cwd=warehouse.project,
        env={**warehouse.environment, "TERM": "xterm", "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=its,
        text=True,
    )
    os.close(its)
    shown = b""
    # a terminal that nobody writes to any more is an error, not an end
    with contextlib.suppress(OSError):
        while part := os.read(ours, 4096):
            shown += part
    os.close(ours)
    printed, _ = process.communicate()
    assert process.returncode == 0, shown
    return printed, shown.decode()


@pytest.mark.parametrize("target", ["warehouse", "postgres"])
def test_a_bar_grows_and_is_gone_at_the_end(target, request, tmp_path):
    warehouse = request.getfixturevalue(f"new_{target}")("bar")
    file = tmp_path / "touches.csv"
    duckdb.sql(TOUCHES.format(rows=ROWS, file=file))
    printed, shown = in_a_terminal(warehouse, "conversionflow", "load", "touches", str(file))
    assert f"{ROWS:,} rows loaded" in printed
    assert "touches.csv" in shown
    shares = [int(share) for share in re.findall(r"(\d+)%", shown)]
    assert shares == sorted(shares)
    assert len({share for share in shares if 0 < share < 100}) > 1
    # the line is wiped: what stays on the screen is the report
    assert shown.rstrip().endswith("\x1b[2K")
