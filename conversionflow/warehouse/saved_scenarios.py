"""Scenarios kept in the warehouse: in tables of their own, which outlast a build, and in the marts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from conversionflow.core.errors import InputError
from conversionflow.warehouse.duckdb import IDENTIFIER, quoted

if TYPE_CHECKING:
    import pandas as pd

    from conversionflow.warehouse.session import Session

_ROWS = "scenario_rows"


def checked_name(name: str, built: set[str]) -> str:
    """
    Return the name of a scenario to save.

    Raises
    ------
    InputError
        If it is not one word of small letters, digits and _, or is that of a scenario of the build.
    """
    if not IDENTIFIER.fullmatch(name):
        raise InputError(
            f"{name!r} cannot be the name of a scenario: use lower-case letters, digits and _, a letter or _ "
            "first, at most 63 characters."
        )
    if name in built:
        raise InputError(f"{name} is a scenario of the last build; save this one under another name.")
    return name


def save_scenario(
    session: Session, name: str, marts: str, schema: str, tables: Mapping[str, pd.DataFrame]
) -> None:
    """
    Put a scenario's rows in place of those saved under its name, all or nothing.

    Parameters
    ----------
    session
        The warehouse.
    name
        The scenario.
    marts
        Schema of the last build's tables, where the rows are seen at once.
    schema
        Schema of the tables that outlast a build; made if there is none.
    tables
        Rows by name of the mart.
    """
    with session.transaction():
        session.run(f"create schema if not exists {quoted(schema)}")
        for table, rows in tables.items():
            columns = session.columns(marts, table)
            session.reader.register(_ROWS, rows)
            query = f"select {', '.join(map(quoted, columns))} from {_ROWS}"  # noqa: S608
            for place in (schema, marts):
                if place == schema:
                    _make(session, schema, marts, table)
                session.run(f"delete from {quoted(place, table)} where scenario = ?", name)  # noqa: S608
                session.insert(place, table, query)
            session.reader.unregister(_ROWS)


def _make(session: Session, schema: str, marts: str, table: str) -> None:
    """Make the table that outlasts a build like the mart, or add the columns that the mart has since got."""
    saved = quoted(schema, table)
    before = session.columns(schema, table)
    if not before:
        session.run(f"create table {saved} as select * from {quoted(marts, table)} where 1 = 0")  # noqa: S608
    for column, kind in session.columns(marts, table).items() if before else ():
        if column not in before:
            session.run(f"alter table {saved} add column {quoted(column)} {kind}")
