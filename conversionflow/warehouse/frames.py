"""Arrow tables as pandas has them, the same from every warehouse."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Return a table as a frame: decimals as float64, dates as datetime64."""
    for place, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            # by way of their digits, as Arrow's own cast is off in the last bit of some
            floats = table.column(place).cast(pa.string()).cast(pa.float64())
            table = table.set_column(place, field.name, floats)
        elif pa.types.is_date(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.timestamp("us")))
    frame: pd.DataFrame = table.to_pandas()
    return frame
