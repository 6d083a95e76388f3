"""An ad platform's report as raw rows: a mapping file says which column is which, and what is summed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb

from conversionflow.core.errors import InputError
from conversionflow.core.yaml_file import checked_keys, read_yaml
from conversionflow.ingest.contracts import CONTRACTS, Contract, Kind
from conversionflow.ingest.matching import identifier, table_columns
from conversionflow.ingest.sources import Reading, Source, open_source
from conversionflow.ingest.typed_rows import TypedRows
from conversionflow.warehouse.duckdb import literal, quoted

_SHIPPED = resources.files("conversionflow.ingest") / "mappings"
_SUMMED = (Kind.MONEY, Kind.COUNT, Kind.NUMBER)
_ROWS = "report_rows"
_MOST_VALUES = 5


@dataclass(frozen=True)
class Names:
    """A file of names by id: its columns, and the one whose greatest value marks the name that counts."""

    id: str
    name: str
    latest: str | None = None


@dataclass(frozen=True)
class Report:
    """
    How a report becomes rows of a raw table: one for each combination of what is not summed.

    Attributes
    ----------
    name
        The mapping, for messages.
    contract
        The raw table's.
    columns
        For each column of the table SQL for it, over the report's rows.
    taken
        The report's columns that this needs, with the kind of each.
    lookups
        By the name of a lookup, its columns and the report's column of ids.
    same_throughout
        Columns of the report that must have one value in all of it.
    """

    name: str
    contract: Contract
    columns: Mapping[str, str]
    taken: Mapping[str, Kind]
    lookups: Mapping[str, tuple[str, Names]]
    same_throughout: Sequence[str]

    def typed(self, connection: duckdb.DuckDBPyConnection, source: Source, reading: Reading) -> TypedRows:
        """Return the report's own rows, typed."""
        needed = Contract(required=self.taken, optional={})
        names = table_columns(source.name, f"the mapping {self.name}", source.header, needed, reading.mapping)
        known = {name: self.taken.get(name, Kind.TEXT) for name in names}
        return TypedRows(connection, source, names, known, reading.spelling)

    def rows(
        self, connection: duckdb.DuckDBPyConnection, typed: TypedRows, reading: Reading
    ) -> tuple[str, Sequence[str]]:
        """
        Return SQL for the table's rows, and what the user should know of them.

        Raises
        ------
        InputError
            If a lookup is unknown, or a column that must be the same throughout is not.
        """
        unknown = [name for name in reading.lookups if name not in self.lookups]
        if unknown:
            raise InputError(
                f"The mapping {self.name} takes no names called {unknown[0]}, but "
                f"{', '.join(self.lookups) or 'none at all'}."
            )
        kept = ", ".join(quoted(name) for name in self.taken)
        connection.execute(f"create or replace temporary table {_ROWS} as select {kept} from ({typed.sql()})")  # noqa: S608
        self._refuse_mixtures(connection, typed.source.name)
        joins, notes = "", []
        for name, (column, names) in self.lookups.items():
            lookup = quoted(f"names of {name}")
            if name in reading.lookups:
                _read_names(connection, lookup, names, reading.lookups[name])
            else:
                connection.execute(f"create or replace temporary table {lookup} (id varchar, name varchar)")
                notes.append(f"{column} holds ids; their names come with --lookup {name}=FILE")
            joins += f" left join {lookup} on {lookup}.id = {_ROWS}.{quoted(column)}"
        columns = ", ".join(f"{value} as {quoted(name)}" for name, value in self.columns.items())
        return f"select {columns} from {_ROWS}{joins} group by all order by all", notes  # noqa: S608

    def _refuse_mixtures(self, connection: duckdb.DuckDBPyConnection, source: str) -> None:
        for column in self.same_throughout:
            values = connection.execute(
                f"select distinct {quoted(column)} from {_ROWS} order by 1 limit {_MOST_VALUES}"  # noqa: S608
            ).fetchall()
            if len(values) > 1:
                found = ", ".join(str(value) for (value,) in values)
                raise InputError(
                    f"{source}: {column} is not the same throughout ({found}), so its money cannot be "
                    "summed. Load a file for each. No row was loaded."
                )


def read_report(name: str, table: str) -> Report:
    """
    Return the mapping of a platform's report.

    Parameters
    ----------
    name
        One that is shipped, such as `google_ads`, or a file that is written as those are.
    table
        The raw table that is loaded.

    Raises
    ------
    InputError
        If there is no such mapping, or it is not written as it should be.
    """
    content = _read(name)
    columns = checked_keys(
        name, content, required=("table", "columns"), optional=("names", "same_throughout")
    )
    if columns["table"] != table or table not in CONTRACTS:
        raise InputError(f"The mapping {name} is for the table {columns['table']}, not {table}.")
    contract = CONTRACTS[table]
    lookups = {
        key: Names(**checked_keys(f"{name}, names, {key}", value, ("id", "name"), ("latest",)))
        for key, value in (columns.get("names") or {}).items()
    }
    plan = _Plan(name, contract, lookups)
    expressions = {column: plan.expression(column, rule) for column, rule in columns["columns"].items()}
    missing = [column for column in contract.required if column not in expressions]
    if missing:
        raise InputError(f"The mapping {name} does not say where {missing[0]} comes from.")
    same = [identifier(column, 0) for column in columns.get("same_throughout") or []]
    taken = plan.taken | dict.fromkeys(same, Kind.TEXT)
    return Report(name, contract, expressions, taken, plan.used, same)


def shipped_reports() -> list[str]:
    """Return the names of the mappings that come with the package."""
    return sorted(file.name.removesuffix(".yml") for file in _SHIPPED.iterdir() if file.name.endswith(".yml"))


def _read(name: str) -> Any:
    if name in shipped_reports():
        return read_yaml(name, (_SHIPPED / f"{name}.yml").read_text(encoding="utf-8"))
    path = Path(name).expanduser()
    if not path.is_file():
        raise InputError(
            f"There is no mapping {name}. There are {', '.join(shipped_reports())}; or name your own file."
        )
    return read_yaml(name, path.read_text(encoding="utf-8"))


class _Plan:
    """The columns of a mapping, while it is read."""

    def __init__(self, name: str, contract: Contract, lookups: Mapping[str, Names]) -> None:
        self.taken: dict[str, Kind] = {}
        self.used: dict[str, tuple[str, Names]] = {}
        self._name = name
        self._contract = contract
        self._lookups = lookups

    def expression(self, column: str, rule: Any) -> str:
        """Return the SQL of one column of the table."""
        place = f"{self._name}, columns, {column}"
        kind = self._contract.columns.get(column)
        if kind is None:
            raise InputError(
                f"{place}: there is no such column. There are {', '.join(self._contract.columns)}."
            )
        if isinstance(rule, dict) and "value" in rule:
            value = checked_keys(place, rule, ("value",))["value"]
            return f"cast({'null' if value is None else literal(str(value))} as {kind.value})"
        rule = checked_keys(place, rule, ("from",), ("names", "unit"))
        source = identifier(str(rule["from"]), 0)
        self._take(place, source, Kind.EXACT if kind is Kind.MONEY else kind)
        if kind in _SUMMED:
            unit = f" * {_unit(place, rule['unit'])}" if "unit" in rule else ""
            return f"cast(sum({_ROWS}.{quoted(source)}){unit} as {kind.value})"
        if "names" in rule:
            return self._named(place, source, str(rule["names"]))
        return f"{_ROWS}.{quoted(source)}"

    def _take(self, place: str, source: str, kind: Kind) -> None:
        if self.taken.setdefault(source, kind) is not kind:
            raise InputError(
                f"{place}: {source} is already taken as something else than {kind.name.lower()}."
            )

    def _named(self, place: str, source: str, lookup: str) -> str:
        if lookup not in self._lookups:
            raise InputError(f"{place}: the mapping describes no names called {lookup}.")
        self.used[lookup] = (source, self._lookups[lookup])
        return f"coalesce({quoted(f'names of {lookup}')}.name, {_ROWS}.{quoted(source)})"


def _unit(place: str, value: Any) -> str:
    try:
        unit = Decimal(str(value))
    except InvalidOperation:
        unit = Decimal(0)
    if not unit > 0:
        raise InputError(f"{place}: the unit should be a number above 0, such as 0.000001, not {value!r}.")
    return f"{unit:f}"


def _read_names(connection: duckdb.DuckDBPyConnection, lookup: str, names: Names, location: str) -> None:
    with open_source(location, Reading()) as source:
        wanted = [names.id, names.name, *([names.latest] if names.latest else [])]
        needed = Contract({identifier(column, 0): Kind.TEXT for column in wanted}, {})
        columns = table_columns(source.name, "the list of names", source.header, needed, {})
        typed = TypedRows(connection, source, columns, dict.fromkeys(columns, Kind.TEXT), Reading().spelling)
        key, name = (quoted(identifier(column, 0)) for column in wanted[:2])
        age = quoted(identifier(names.latest, 0)) if names.latest else "row_number() over ()"
        rows = f"(select {key} as id, {name} as name, {age} as age from ({typed.sql()}))"  # noqa: S608
        latest = f"select id, arg_max(name, age) as name from {rows} where name is not null group by id"  # noqa: S608
        try:
            connection.execute(f"create or replace temporary table {lookup} as {latest}")
        except duckdb.Error as error:
            raise typed.explained(error) from error
