"""Fifty builds on Postgres that are killed: each table stays whole, and nothing is left behind."""

import random
import time

import pytest
from postgres_readers import Readers, left_over

KILLS = 50
WANTED = [
    "+touch_attribution",
    "+transitions",
    "+path_summary",
    "journey_touches",
    "+periods",
    "built_inputs",
]
MARTS = ["journeys", "journey_touches", "touch_attribution", "transitions", "path_summary", "periods"]
ARGUMENTS = (
    *("--select", *WANTED, "--exclude", "raw_validation"),
    *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
)


def raw_rows(customers: int) -> dict[str, list[tuple]]:
    rng = random.Random(3)  # noqa: S311
    days = [f"2025-01-{day:02d} 10:00" for day in range(1, 31)]
    return {
        "raw.touches": [
            (f"t{n}", f"c{rng.randrange(customers)}", rng.choice(days), rng.choice("abcd"), None, "IT")
            for n in range(5 * customers)
        ],
        "raw.conversions": [
            (f"k{n}", f"c{rng.randrange(customers)}", rng.choice(days), 10, "IT")
            for n in range(customers // 3)
        ],
    }


@pytest.mark.verify
def test_fifty_killed_builds_leave_whole_tables_and_nothing_else(new_postgres, raw_tables):
    warehouse = new_postgres("kills")
    warehouse.execute(raw_tables)
    for table, rows in raw_rows(4000).items():
        warehouse.fill(table, rows)
    started = time.monotonic()
    outcome = warehouse.dbt("build", *ARGUMENTS)
    assert outcome.code == 0, outcome.output
    whole = time.monotonic() - started
    rng = random.Random(7)  # noqa: S311
    with Readers(warehouse, [f"select count(*) from {mart}" for mart in MARTS]) as readers:  # noqa: S608
        for number in range(KILLS):
            # every other one builds each table anew, as after a change of settings
            process = warehouse.start_dbt("build", *(["--full-refresh"] if number % 2 else []), *ARGUMENTS)
            process.join(timeout=rng.uniform(0.3, 1.0) * whole)
            process.kill()
            process.join()
        outcome = warehouse.dbt("build", *ARGUMENTS)
        assert outcome.code == 0, outcome.output
    assert readers.wrong == []
    assert readers.reads > 10 * KILLS
    assert left_over(warehouse) == []
