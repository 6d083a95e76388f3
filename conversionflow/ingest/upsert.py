"""Rows that take the place of those with the same key."""

from __future__ import annotations

from collections.abc import Sequence

from conversionflow.core.errors import InputError
from conversionflow.ingest.typed_rows import TypedRows, shown
from conversionflow.warehouse.duckdb import quoted
from conversionflow.warehouse.session import STAGED, Session


def upsert(
    session: Session, table: tuple[str, str], typed: TypedRows, rows: str, key: Sequence[str]
) -> tuple[int, int]:
    """
    Write rows in place of those with the same key; return how many, and how many took another's place.

    Parameters
    ----------
    session
        The warehouse, in a transaction.
    table
        Schema and name; made if it is missing.
    typed
        Where the rows come from, for messages.
    rows
        The rows, as a query of the session's reader.
    key
        The columns of the key.

    Raises
    ------
    InputError
        If the rows have no such column, lack a value of the key, or have a key twice.
    """
    described = session.described(rows)
    missing = [column for column in key if column not in described]
    if missing:
        raise InputError(
            f"{typed.source.name} has no column {missing[0]} for the key. It has {', '.join(described)}."
        )
    count = session.stage(rows)
    _refuse_missing_key(session, typed, key)
    _refuse_repeated_key(session, typed, key)
    name = quoted(*table)
    if not session.columns(*table):
        session.run(f"create schema if not exists {quoted(table[0])}")
        session.run(f"create table {name} as select * from {STAGED}")  # noqa: S608
        return count, 0
    same = " and ".join(f"{STAGED}.{quoted(column)} = {name}.{quoted(column)}" for column in key)
    matching = f"from {name} where exists (select 1 from {STAGED} where {same})"  # noqa: S608
    [(updated,)] = session.run(f"select count(*) {matching}")
    session.run(f"delete {matching}")
    columns = ", ".join(quoted(column) for column in described)
    session.run(f"insert into {name} ({columns}) select {columns} from {STAGED}")  # noqa: S608
    return count, int(updated)


def _refuse_missing_key(session: Session, typed: TypedRows, key: Sequence[str]) -> None:
    for column in key:
        condition = f"{quoted(column)} is null"
        if session.run(f"select 1 from {STAGED} where {condition} limit 1"):  # noqa: S608
            places = typed.places([column], condition, ())
            raise InputError(
                f"{typed.source.name}{_at(places)}: the key {column} has no value there. No row was loaded."
            )


def _refuse_repeated_key(session: Session, typed: TypedRows, key: Sequence[str]) -> None:
    columns = ", ".join(quoted(column) for column in key)
    repeated = session.run(
        f"select {columns} from {STAGED} group by {columns} having count(*) > 1 order by {columns} limit 1"  # noqa: S608
    )
    for values in repeated:
        places = typed.places(key, " and ".join(f"{quoted(column)} = ?" for column in key), values)
        keys = ", ".join(f"{column} {shown(value)}" for column, value in zip(key, values, strict=True))
        raise InputError(
            f"{typed.source.name}{_at(places)}: more than one row has the key {keys}. Which of them counts? "
            "Leave the others out, or name further key columns. No row was loaded."
        )


def _at(places: Sequence[str]) -> str:
    return f", {' and '.join(places)}" if places else ""
