"""Arrow columns made straight from numpy buffers, fast enough for a hundred million rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

MONEY = pa.decimal128(18, 2)

_FOUR_DIGITS = np.array([list(f"{number:04d}".encode()) for number in range(10_000)], dtype=np.uint8)
_FOUR_DIGITS_WORD = _FOUR_DIGITS.view(np.uint32).ravel()
_ID = np.dtype([("prefix", np.uint8), ("high", np.uint32), ("middle", np.uint32), ("low", np.uint32)])


def identifiers(prefix: str, numbers: NDArray[np.int64]) -> pa.Array:
    """Write numbers below 10**12 as texts of one ASCII letter and twelve digits."""
    text = np.empty(len(numbers), _ID)
    text["prefix"] = ord(prefix)
    upper = numbers // 10_000
    text["high"] = _FOUR_DIGITS_WORD[upper // 10_000]
    text["middle"] = _FOUR_DIGITS_WORD[upper - upper // 10_000 * 10_000]
    text["low"] = _FOUR_DIGITS_WORD[numbers - upper * 10_000]
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * _ID.itemsize
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(text))


def money(cents: NDArray[np.int64]) -> pa.Array:
    """Make decimals with two places; their 128 bits are two words, the upper one the sign."""
    words = np.column_stack([cents, cents >> 63])
    return pa.Array.from_buffers(MONEY, len(cents), [None, pa.py_buffer(words)])


def timestamps(first_day: date, seconds: NDArray[np.int64]) -> pa.Array:
    """Make naive UTC timestamps of seconds since a day's midnight."""
    origin = np.datetime64(first_day, "us").astype(np.int64)
    microseconds = origin + 1_000_000 * seconds
    return pa.Array.from_buffers(pa.timestamp("us"), len(seconds), [None, pa.py_buffer(microseconds)])


def dates(first_day: date, days: NDArray[np.int64]) -> pa.Array:
    """Make dates of days since a day."""
    return pa.array(np.datetime64(first_day, "D") + days.astype("timedelta64[D]"), type=pa.date32())


def looked_up(values: Sequence[str | None], places: NDArray[np.int64] | NDArray[np.int16]) -> pa.Array:
    """Make texts of places in a short list."""
    return pa.array(values, type=pa.string()).take(pa.array(places))


def repeated(value: str, count: int) -> pa.Array:
    """Make a column of one text."""
    return pa.repeat(value, count)
