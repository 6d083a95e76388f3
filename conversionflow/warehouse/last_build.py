"""What the last build left to answer questions from, without the libraries that the answer needs.

So these load while the warehouse reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conversionflow.core.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from conversionflow.warehouse.profiles import Target

FIRST = ("run_manifest", "budget_plans")
FITTED = ("posterior_draws", "model_constants")
OTHERS = ("periods", "touchpoint_periods", "touchpoint_limits", "budget_rules")
SAVED_AT = "saved_at"


def last_tables(warehouse: Target) -> dict[str, pa.Table]:
    """
    Return the tables `FIRST`, `OTHERS` and `FITTED` of the last build, by name.

    Of `budget_plans` they hold the plans of the build itself, and of `FITTED` the model these rest on, its
    texts as codes of a dictionary.

    Raises
    ------
    InputError
        Where there is no plan.
    """
    first = warehouse.tables(FIRST)
    plans = first["budget_plans"]
    if SAVED_AT in plans.column_names:
        plans = plans.filter(plans[SAVED_AT].is_null())
    if not plans.num_rows:
        raise InputError("The last build made no plan, so there is nothing to ask; run_notes says why.")
    only = {name: {"model": plans["model"][0].as_py()} for name in FITTED}
    tables = warehouse.tables([*FITTED, *OTHERS], only)
    fitted = {name: _encoded(tables[name]) for name in FITTED}
    return {**first, "budget_plans": plans, **tables, **fitted}


def _encoded(table: pa.Table) -> pa.Table:
    """Return a table with its texts as codes: most are the same few names over and over."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            table = table.set_column(place, field.name, table.column(place).dictionary_encode())
    return table
