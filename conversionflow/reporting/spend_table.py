"""The table of a plan's spend, for a terminal."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import pandas as pd
from rich.box import SIMPLE
from rich.table import Table

WORDS = ("held by",)
LEFT = ("market", "touchpoint", *WORDS)


def spend_table(
    title: str,
    headings: Sequence[str],
    cells: Callable[[dict[Hashable, Any]], list[str]],
    allocation: pd.DataFrame,
) -> Table:
    """Lay out rows of `budget_allocation`, the largest spend of each market first.

    `cells` turns a row into the texts below the headings.
    """
    table = Table(title=title, box=SIMPLE, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(
            heading, justify="left" if heading in LEFT else "right", no_wrap=heading not in WORDS
        )
    order = allocation.sort_values(["market", "recommended_spend"], ascending=[True, False])
    for row in order.to_dict("records"):
        table.add_row(*cells(row))
    return table
