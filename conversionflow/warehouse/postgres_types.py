"""Types of Postgres beside those of Arrow, in both directions."""

from __future__ import annotations

import pyarrow as pa

#: By what pyarrow.types says of a type; the first that fits. Text holds what has no better place.
_NAMES = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_int8, "smallint"),
    (pa.types.is_int16, "smallint"),
    (pa.types.is_uint8, "smallint"),
    (pa.types.is_int32, "integer"),
    (pa.types.is_uint16, "integer"),
    (pa.types.is_int64, "bigint"),
    (pa.types.is_uint32, "bigint"),
    (pa.types.is_uint64, "numeric(20)"),
    (pa.types.is_float16, "real"),
    (pa.types.is_float32, "real"),
    (pa.types.is_float64, "double precision"),
    (pa.types.is_date, "date"),
    (pa.types.is_time, "time"),
    (pa.types.is_duration, "interval"),
    (pa.types.is_binary, "bytea"),
    (pa.types.is_large_binary, "bytea"),
    (pa.types.is_struct, "jsonb"),
    (pa.types.is_map, "jsonb"),
)
#: The oid of a type and of its arrays, from Postgres' catalogue, which never changes for these.
_OIDS = {
    (16, 1000): pa.bool_(),
    (21, 1005): pa.int16(),
    (23, 1007): pa.int32(),
    (20, 1016): pa.int64(),
    (700, 1021): pa.float32(),
    (701, 1022): pa.float64(),
    (25, 1009): pa.string(),
    (1043, 1015): pa.string(),
    (1082, 1182): pa.date32(),
    (1083, 1183): pa.time64("us"),
    (1114, 1115): pa.timestamp("us"),
    (1184, 1185): pa.timestamp("us", "UTC"),
    (1700, 1231): pa.float64(),
}
_SCALARS = {scalar: arrow for (scalar, _), arrow in _OIDS.items()}
_ARRAYS = {array: arrow for (_, array), arrow in _OIDS.items()}
_NUMERIC = 1700
_MOST_DIGITS = 38


def postgres_type(arrow_type: pa.DataType) -> str:
    """Return the type of a Postgres column that holds every value of an Arrow type."""
    if pa.types.is_dictionary(arrow_type):
        return postgres_type(arrow_type.value_type)
    if is_list(arrow_type):
        return f"{postgres_type(arrow_type.value_type)}[]"
    if pa.types.is_decimal(arrow_type):
        return f"numeric({arrow_type.precision}, {arrow_type.scale})"
    if pa.types.is_timestamp(arrow_type):
        return "timestamp" if arrow_type.tz is None else "timestamptz"
    return next((name for fits, name in _NAMES if fits(arrow_type)), "text")


def arrow_type(oid: int, precision: int | None, scale: int | None) -> pa.DataType:
    """
    Return the Arrow type of a Postgres column, from what a cursor's description says of it.

    A `numeric` without a stated number of digits, or with more than 38, is read as float64; a type that is
    not known here, as text.
    """
    if oid == _NUMERIC and precision is not None and scale is not None and precision <= _MOST_DIGITS:
        return pa.decimal128(precision, scale)
    if oid in _ARRAYS:
        return pa.list_(_ARRAYS[oid])
    return _SCALARS.get(oid, pa.string())


def is_list(arrow_type: pa.DataType) -> bool:
    """Whether an Arrow type is one of its kinds of list."""
    return bool(
        pa.types.is_list(arrow_type)
        or pa.types.is_large_list(arrow_type)
        or pa.types.is_fixed_size_list(arrow_type)
    )
