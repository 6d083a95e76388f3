"""What two warehouses hold differently: counts and texts must be the same, floats but for their last bits."""

import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

#: Fingerprints are of a warehouse's own making; what one fit and one search leave is read from its marts.
OWN_TABLES = {
    "journey_inputs",
    "built_inputs",
    "changed_inputs",
    "changed_events",
    "network_fit",
    "budget_search",
}
OWN_COLUMNS = {
    *("run_id", "row_hash", "id_hash", "seconds", "sampling_seconds", "sampling_work", "memory_megabytes"),
    *("started_at", "finished_at", "warehouse"),
}
RUN_TABLES = {"run_manifest"}
TOLERANCE = 1e-9


def tables(warehouse) -> list[str]:
    rows = warehouse.query(f"""
        select table_name from information_schema.tables
        where table_schema = '{warehouse.schema}' order by 1
    """)  # noqa: S608
    return [name for (name,) in rows if name not in OWN_TABLES and not name.startswith("stg_")]


def differences(one, other) -> list[str]:
    """Name each table that is not the same in both warehouses, with the first rows that differ."""
    found = []
    if tables(one) != tables(other):
        found.append(f"tables: {sorted(set(tables(one)) ^ set(tables(other)))}")
    for table in tables(one):
        columns = columns_of(one, table)
        if sorted(columns) != sorted(columns_of(other, table)):
            found.append(f"columns of {table}: {columns} and {columns_of(other, table)}")
            continue
        query = f"select {', '.join(columns)} from {table}"  # noqa: S608
        left, right = (ordered(warehouse.query(query)) for warehouse in (one, other))
        pairs = zip(left, right, strict=False)
        wrong = next((pair for pair in pairs if not same_rows(*pair)), None)
        if wrong or len(left) != len(right):
            found.append(f"{table}: {len(left)} and {len(right)} rows; {columns}: {wrong}")
    return found


def columns_of(warehouse, table: str) -> list[str]:
    own = OWN_COLUMNS if table in RUN_TABLES else OWN_COLUMNS - {"started_at", "finished_at", "warehouse"}
    return [name for name in warehouse.columns(table) if name.strip('"') not in own]


def ordered(rows: list[tuple]) -> list[tuple]:
    """Rows by all but their floats, which decide only where nothing else does."""
    return sorted(
        rows,
        key=lambda row: ([sortable(v, rough=False) for v in row], [sortable(v, rough=True) for v in row]),
    )


def sortable(value: Any, *, rough: bool) -> str:
    if isinstance(value, float):
        return f"{value:+.6e}" if rough else ""
    return str(value.normalize() if isinstance(value, Decimal) else value)


def same_rows(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return all(same(a, b) for a, b in zip(one, other, strict=True))


def same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=TOLERANCE) or (math.isnan(a) and math.isnan(b))
    if isinstance(a, int | Decimal) and isinstance(b, int | Decimal):
        return a == b
    if isinstance(a, date | datetime):
        return a == b
    return type(a) is type(b) and a == b
