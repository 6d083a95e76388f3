"""Great Expectations on the warehouse's own connection."""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Mapping
from typing import Any

import pandas as pd

from conversionflow.core.errors import SettingsError
from conversionflow.validation.connection import LastingConnection, lasting_connection
from conversionflow.validation.suites import Expectation, Severity, Suite
from conversionflow.warehouse.readers import reader_of

_PART = r'(?:"(?:[^"]|"")+"|[A-Za-z_][A-Za-z0-9_]*)'
_RELATION = re.compile(rf"{_PART}(?:\.{_PART}){{0,2}}")
_PERCENT = 100.0
_ROWS_QUERY = "unexpected_rows_expectation"


def run_suites(session: Any, suites: Mapping[str, Suite]) -> pd.DataFrame:
    """
    Run each suite against a relation, inside the warehouse.

    Parameters
    ----------
    session
        A live connection of DuckDB or psycopg2. The checks run on cursors of it, and one that fails leaves
        the connection's own transaction as it was.
    suites
        The suite by the relation it is about: `schema.table`, the parts quoted or not.

    Returns
    -------
    DataFrame
        A row for each expectation: suite, expectation, column (None for a whole table), severity, success,
        observed (text), unexpected_count and unexpected_share (missing where the expectation is not about
        single values). An expectation that could not be computed is a failure of severity `critical`,
        whatever it would be otherwise, with the error's text in `observed`.

    Raises
    ------
    SettingsError
        If a relation's name is not one.
    """
    for relation in suites:
        if not _RELATION.fullmatch(relation):
            raise SettingsError(f"{relation!r} is not the name of a relation.")
    reader = reader_of(session)
    with lasting_connection(reader) as lasting:
        definitions = _definitions(reader.url, lasting, suites)
        rows = [
            {"suite": suite.name, **_outcome(definitions[relation], expectation)}
            for relation, suite in suites.items()
            for expectation in suite.expectations
        ]
    frame = pd.DataFrame(rows, columns=list(_TYPES))
    return frame.astype(_TYPES)


_TYPES = {
    "suite": "str",
    "expectation": "str",
    "column": "str",
    "severity": "str",
    "success": "bool",
    "observed": "str",
    "unexpected_count": "Int64",
    "unexpected_share": "Float64",
}


def _definitions(url: str, connection: LastingConnection, suites: Mapping[str, Suite]) -> dict[str, Any]:
    # Great Expectations takes seconds to import, and reads this variable when it is imported.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "module 'sre_(constants|parse)' is deprecated", DeprecationWarning)
        import great_expectations as gx

    # Its notes on temporary folders are no news to who runs a build.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
    from sqlalchemy.pool import NullPool

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = {"globally": False}
    with warnings.catch_warnings():
        # its own kind of source for Postgres would open a connection of its own
        warnings.filterwarnings("ignore", "You are using a generic SQLDatasource")
        source = context.data_sources.add_sql(
            "warehouse",
            connection_string=url,
            create_temp_table=False,
            kwargs={"creator": lambda: connection, "poolclass": NullPool},
        )
    definitions = {}
    for relation in suites:
        asset = source.add_query_asset(relation, query=f"select * from {relation}")  # noqa: S608
        definitions[relation] = asset.add_batch_definition_whole_table(relation)
    return definitions


def _outcome(definition: Any, expectation: Expectation) -> dict[str, object]:
    from great_expectations.expectations.registry import get_expectation_impl

    row: dict[str, object] = {"expectation": expectation.name, "column": expectation.column}
    try:
        checked = get_expectation_impl(expectation.kind)(**expectation.arguments)
        outcome = definition.get_batch().validate(checked, result_format="BASIC")
        failure = _failure(outcome.exception_info)
    except Exception as error:  # Great Expectations raises of every kind; none may hide an expectation.
        failure = f"{type(error).__name__}: {error}"
    if failure is not None:
        return row | {"severity": Severity.CRITICAL.value, "success": False, "observed": failure}
    return row | {
        "severity": expectation.severity.value,
        "success": bool(outcome.success),
        **_measured(expectation.kind, outcome.result),
    }


def _failure(information: Mapping[str, Any] | None) -> str | None:
    """Return the text of the first exception; the mapping is one exception, or one by metric."""
    nested = [one for one in (information or {}).values() if isinstance(one, Mapping)]
    for one in nested or [information or {}]:
        if one.get("raised_exception"):
            return str(one.get("exception_message"))
    return None


def _measured(kind: str, result: Mapping[str, Any]) -> dict[str, object]:
    observed = result.get("observed_value")
    if kind == _ROWS_QUERY:
        return {"observed": f"{observed:,} rows", "unexpected_count": observed}
    if "unexpected_count" not in result:
        return {"observed": str(observed)}
    # All of these are None for an empty table; the share is also for a column of nulls only.
    count, of, percent = (
        result.get(key) for key in ("unexpected_count", "element_count", "unexpected_percent")
    )
    return {
        "observed": f"{count or 0:,} of {of or 0:,}",
        "unexpected_count": count or 0,
        "unexpected_share": None if percent is None else percent / _PERCENT,
    }
