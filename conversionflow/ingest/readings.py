"""How a text becomes a typed value: one SQL expression for each kind, null where the text cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from conversionflow.ingest.contracts import Kind
from conversionflow.warehouse.duckdb import literal

_DAY = r"\d{4}-\d{2}-\d{2}"
_TIME = r"[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
_OFFSET = r"( ?UTC|Z|[+-]\d{2}(:?\d{2})?)"
_MOMENT = literal(f"{_DAY}({_TIME}{_OFFSET}?)?")
_MOMENT_WITH_OFFSET = literal(f"{_DAY}{_TIME}{_OFFSET}")
_SECONDS_LEFT_OUT = literal(rf"^({_DAY}[T ]\d{{2}}:\d{{2}}){_OFFSET}$")
_SECONDS_PUT_IN = literal(r"\1:00\2")
_USUAL_MOMENT = literal("____-__-_____:__:__")
_MIDNIGHT = literal(rf"{_DAY}([T ]00:00(:00(\.0+)?)?( ?UTC|Z|\+00(:?00)?)?)?")
_LOOKS_LIKE_CODE = literal(r"[+-]?(0\d.*|\d{19,})")

EXPECTED: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.TEXT: "text without NUL characters",
        Kind.TIMESTAMP: "an ISO 8601 time, in UTC or with its offset: 2026-03-01 09:30:00 or "
        "2026-03-01T09:30:00+02:00",
        Kind.DATE: "an ISO 8601 date without a time of day: 2026-03-01",
        Kind.MONEY: "an amount with a decimal point and at most two decimals, without thousands separator or "
        "currency: 1234.50 (--round-money rounds to the cent, --decimal-mark reads 1,234.50 or 1.234,50)",
        Kind.EXACT: "an amount with a decimal point and at most six decimals, without thousands separator or "
        "currency: 1234.5678 (--decimal-mark reads 1,234.50 or 1.234,50)",
        Kind.COUNT: "a whole number without a thousands separator: 1234",
        Kind.NUMBER: "a finite number with a decimal point: 0.125",
        Kind.BOOLEAN: "true or false",
    }
)


@dataclass(frozen=True)
class Spelling:
    """
    How a file writes its values, where it is not as `EXPECTED` says.

    Attributes
    ----------
    round_money
        Amounts are rounded to the cent, where more than two decimals would be refused.
    decimal_mark
        `.` or `,`: numbers may have the other of the two between groups of three digits. None: numbers have
        a decimal point and no such separator.
    date_format
        The strptime format of dates and times, such as `%d/%m/%Y`. None: they are in ISO 8601.
    """

    round_money: bool = False
    decimal_mark: str | None = None
    date_format: str | None = None


PLAIN = Spelling()


def reading(kind: Kind, text: str, spelling: Spelling = PLAIN) -> str:
    """
    Return the SQL expression of the SQL text `text` read as `kind`.

    A plain cast would be wrong in silence: DuckDB's drops the offset of a time, rounds 1.5 to 2 and cuts the
    time off a date. What a reading would have to change is null, so that the caller can refuse it.

    Parameters
    ----------
    kind
        What the text should hold.
    text
        A SQL expression of type VARCHAR.
    spelling
        How the file writes its values.
    """
    if kind in _MOMENTS and spelling.date_format:
        return _formatted(kind, text, spelling.date_format)
    if kind in _NUMBERS and spelling.decimal_mark:
        text = _plain_number(text, spelling.decimal_mark)
    if kind is Kind.MONEY and spelling.round_money:
        return _if_number(text, f"try_cast({text} as decimal(18, 2))")
    return _READINGS[kind](text)


def inference(relation: str, candidates: Mapping[Kind, Collection[str]], spelling: Spelling = PLAIN) -> str:
    """
    Return SQL that says, for each column with a value, which of `INFERRED` read all its values.

    Parameters
    ----------
    relation
        SQL for the columns, all of them texts.
    candidates
        The columns that each kind is tried on.
    spelling
        How the file writes its values.

    Returns
    -------
    str
        A query whose rows are the column's name and one boolean a kind, null where it was not tried.
    """
    # One expression for all columns: planning one for each took seconds for a few hundred of them.
    values = f"(unpivot {relation} on * into name column_name value column_value)"
    tried = ", ".join(
        f"bool_and(case when column_name in ({', '.join(literal(name) for name in candidates[kind])})"
        f" then {_inferable(kind, 'column_value', spelling)} end)"
        if candidates[kind]
        else "null"
        for kind in INFERRED
    )
    return f"select column_name, {tried} from {values} group by 1"  # noqa: S608


def _formatted(kind: Kind, text: str, date_format: str) -> str:
    moment = f"try_strptime({text}, {literal(date_format)})"
    if kind is Kind.TIMESTAMP:
        return moment
    return f"case when {moment} = date_trunc('day', {moment}) then cast({moment} as date) end"


def _plain_number(text: str, mark: str) -> str:
    separator = "." if mark == "," else ","
    grouped = literal(rf"[+-]?(\d{{1,3}}([{separator}]\d{{3}})+|\d+)([{mark}]\d+)?")
    plain = f"replace(replace({text}, {literal(separator)}, ''), {literal(mark)}, '.')"
    return f"case when regexp_full_match({text}, {grouped}) then {plain} end"


def _if_number(text: str, value: str) -> str:
    # DuckDB passes over an underscore between digits, a slip of the hand more often than a separator.
    return f"case when not contains({text}, '_') then {value} end"


def _exactly(kind: Kind, usual: Callable[[str, str], str]) -> Callable[[str], str]:
    """
    Return the reading of an exact number.

    Parameters
    ----------
    kind
        The number's type.
    usual
        From the text and its cast, a condition that no plain cast goes wrong under: the check of all other
        texts takes as long as reading the file does.
    """

    def expression(text: str) -> str:
        # Six decimals: beyond them lies the binary noise of a float that was written as text.
        exact, wanted = f"try_cast({text} as decimal(38, 6))", f"try_cast({text} as {kind.value})"
        checked = _if_number(text, f"case when {exact} = {wanted} then {wanted} end")
        return f"case when {usual(text, wanted)} then {wanted} else {checked} end"

    return expression


def _short_decimals(text: str, _wanted: str) -> str:
    return f"({text} like '%.__' or {text} like '%._') and not contains({text}, '_')"


def _spelled_alike(text: str, wanted: str) -> str:
    return f"cast({wanted} as varchar) = {text}"


def _text(text: str) -> str:
    return f"case when not contains({text}, chr(0)) then {text} end"


def _timestamp(text: str) -> str:
    # The usual spelling first: LIKE takes a fifth of the time of two regular expressions.
    return (
        f"case when {text} like {_USUAL_MOMENT} and {text} >= '0' then try_cast({text} as timestamp)"
        f" when regexp_full_match({text}, {_MOMENT_WITH_OFFSET})"
        f" then try_cast({_with_seconds(text)} as timestamptz) at time zone 'UTC'"
        f" when regexp_full_match({text}, {_MOMENT}) then try_cast({text} as timestamp) end"
    )


def _with_seconds(text: str) -> str:
    # DuckDB 1.x reads no offset after a time without seconds.
    return f"regexp_replace({text}, {_SECONDS_LEFT_OUT}, {_SECONDS_PUT_IN})"


def _date(text: str) -> str:
    return f"case when regexp_full_match({text}, {_MIDNIGHT}) then try_cast({text} as date) end"


def _number(text: str) -> str:
    value = f"try_cast({text} as double)"
    return _if_number(text, f"case when isfinite({value}) then {value} end")


def _boolean(text: str) -> str:
    return f"case lower({text}) when 'true' then true when 'false' then false end"


_READINGS: Mapping[Kind, Callable[[str], str]] = MappingProxyType(
    {
        Kind.TEXT: _text,
        Kind.TIMESTAMP: _timestamp,
        Kind.DATE: _date,
        Kind.MONEY: _exactly(Kind.MONEY, _short_decimals),
        Kind.EXACT: _exactly(Kind.EXACT, _spelled_alike),
        Kind.COUNT: _exactly(Kind.COUNT, _spelled_alike),
        Kind.NUMBER: _number,
        Kind.BOOLEAN: _boolean,
    }
)

_MOMENTS = (Kind.TIMESTAMP, Kind.DATE)
_NUMBERS = (Kind.MONEY, Kind.EXACT, Kind.COUNT, Kind.NUMBER)
INFERRED = (Kind.COUNT, Kind.NUMBER, Kind.BOOLEAN, Kind.DATE, Kind.TIMESTAMP)


def _inferable(kind: Kind, column: str, spelling: Spelling) -> str:
    readable = f"{reading(kind, column, spelling)} is not null"
    if kind in (Kind.COUNT, Kind.NUMBER):
        # A leading zero or more digits than a number keeps belong to a code, such as a postcode.
        readable += f" and not regexp_full_match({column}, {_LOOKS_LIKE_CODE})"
    return readable
