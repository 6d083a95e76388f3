"""Results as Arrow tables with a fixed schema, so that an empty result has the columns of a full one.

One estimation or one search leaves several tables that belong together. It is written as one table, so that
all of it changes at once or not at all; `record` tells the parts apart and SQL marts pick theirs.
"""

from collections.abc import Iterable, Mapping

import pandas as pd
import pyarrow as pa

from conversionflow.warehouse.relations import run_id

TYPES = {"text": pa.string(), "count": pa.int64(), "number": pa.float64(), "flag": pa.bool_()}


def schema(**kinds: str) -> pa.Schema:
    """Make a schema from kinds of columns; each value names columns separated by spaces."""
    columns = [(name, TYPES[kind]) for kind, names in kinds.items() for name in names.split()]
    return pa.schema([*columns, ("run_id", pa.string())])


def to_table(frame: pd.DataFrame, wanted: pa.Schema) -> pa.Table:
    """Return the frame with exactly the wanted columns: missing ones null, `run_id` this run's."""
    complete = frame.assign(run_id=run_id()).reindex(columns=wanted.names)
    return pa.Table.from_pandas(complete, schema=wanted, preserve_index=False)


def to_records(
    parts: Mapping[str, pd.DataFrame], notes: Iterable[tuple[str, str]], wanted: pa.Schema
) -> pa.Table:
    """Stack parts under their `record` name, with notes as records of kind and text in column `note`."""
    noted: dict[str, list[str]] = {}
    for kind, text in notes:
        noted.setdefault(kind, []).append(text)
    frames = {**parts, **{kind: pd.DataFrame({"note": texts}) for kind, texts in noted.items()}}
    tables = [to_table(frame.assign(record=record), wanted) for record, frame in frames.items()]
    return pa.concat_tables(tables) if tables else wanted.empty_table()
