"""Rows of the seeds with limits and rules: cells read and checked, scopes matched by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from conversionflow.core.errors import SettingsError
from conversionflow.optimization.objective import Floats, Key
from conversionflow.optimization.rules import Flags

TRUE, FALSE = ("true", "yes", "1", "1.0", "t"), ("false", "no", "0", "0.0", "f")

SOURCE = "source"
"""Column of rows that do not come from a seed: where they are from."""


@dataclass(eq=False)
class Problems:
    """What is wrong with the rules, collected so that one error names it all."""

    texts: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Remember one."""
        self.texts.append(text)

    def raise_any(self) -> None:
        """Raise them as one `SettingsError`."""
        if self.texts:
            raise SettingsError("The rules of the budget cannot be used: " + "; ".join(self.texts) + ".")


@dataclass(frozen=True, eq=False)
class Row:
    """One row of a seed: empty cells of all kinds are '' or None; ``name`` is what messages call the row."""

    name: str
    cells: Mapping[str, Any]
    problems: Problems

    def text(self, column: str) -> str:
        """Cell as text, '' where empty or where there is no such column."""
        value = self.cells.get(column)
        return "" if value is None or value is pd.NA or value != value else str(value).strip()

    def amount(self, column: str) -> float | None:
        """Cell as a finite number of 0 or more; None where it is empty, or wrong, which is remembered."""
        text = self.text(column)
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = np.nan
        if not (np.isfinite(value) and value >= 0):
            self.wrong(column, "give a number of 0 or more, or leave it empty")
            return None
        return value

    def flag(self, column: str) -> bool | None:
        """Cell as true or false; None where it is empty, or wrong, which is remembered."""
        text = self.text(column).lower()
        if text in TRUE or text in FALSE:
            return text in TRUE
        if text:
            self.wrong(column, "give true or false, or leave it empty")
        return None

    def wrong(self, column: str, advice: str) -> None:
        """Remember that a cell is wrong and what to do."""
        self.problems.add(f"{self.name}: {column} is {self.text(column)!r}; {advice}")

    def choice(self, column: str, allowed: tuple[str, ...]) -> str:
        """Cell that must be one of a few texts, '' where it is not, which is remembered."""
        text = self.text(column)
        if text in allowed:
            return text
        self.wrong(column, f"use one of {', '.join(word for word in allowed if word)}")
        return ""


@dataclass(frozen=True, eq=False)
class Names:
    """Markets, touchpoints and groups that rows can name, (n,) each."""

    markets: tuple[str, ...]
    touchpoints: tuple[str, ...]
    groups: tuple[str, ...]

    @classmethod
    def of(cls, keys: tuple[Key, ...], groups: tuple[str, ...]) -> "Names":
        """Names of keys and their groups."""
        return cls(tuple(market for market, _ in keys), tuple(touchpoint for _, touchpoint in keys), groups)

    def scope(self, row: Row, market: str, touchpoint: str, group: str) -> Flags:
        """Return what a row's three columns name together, (n,) bool; an empty cell names all."""
        chosen = np.ones(len(self.markets), dtype=np.bool_)
        known = True
        for column, names in ((market, self.markets), (touchpoint, self.touchpoints), (group, self.groups)):
            text = row.text(column) if column else ""
            if not text:
                continue
            if text not in names:
                options = sorted({name for name in names if name})
                row.wrong(
                    column, f"use one of {', '.join(options)}" if options else "no touchpoint has a group"
                )
                known = False
            chosen &= np.array([name == text for name in names])
        if known and not chosen.any():
            row.problems.add(
                f"{row.name}: no touchpoint of the plan is in all that it names; widen it or delete it"
            )
        return chosen


def rows_of_seed(
    frame: pd.DataFrame, seed: str, called: tuple[str, ...], problems: Problems
) -> Iterator[Row]:
    """Rows of a seed, called by the seed's name, or what `SOURCE` says instead, and some of its columns."""
    columns = {str(column): cells.tolist() for column, cells in frame.items()}
    for cells in zip(*columns.values(), strict=True):
        row = Row("", dict(zip(columns, cells, strict=True)), problems)
        words = " / ".join(row.text(column) or "all" for column in called)
        yield Row(f"{row.text(SOURCE) or seed} {words}", row.cells, problems)


def stricter(first: Floats, second: Floats, *, largest: bool) -> Floats:
    """Larger or smaller of two arrays of amounts, where nan is none."""
    return np.asarray(np.fmax(first, second) if largest else np.fmin(first, second))
