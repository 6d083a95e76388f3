"""Arrow batches read by a thread of their own, so that reading and writing go on at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pyarrow as pa


def read_ahead(batches: pa.RecordBatchReader, failures: list[Exception]) -> pa.RecordBatchReader:
    """
    Return the same batches, the next of them always on its way while one is being used.

    What goes wrong in reading is appended to `failures` before it is raised: whoever reads through a C
    library may not hear of it otherwise.
    """
    return pa.RecordBatchReader.from_batches(batches.schema, _ahead(batches, failures))


def _ahead(batches: pa.RecordBatchReader, failures: list[Exception]) -> Iterator[pa.RecordBatch]:
    with ThreadPoolExecutor(max_workers=1) as thread:
        coming: Future[pa.RecordBatch | None] = thread.submit(next, batches, None)
        try:
            while (batch := coming.result()) is not None:
                coming = thread.submit(next, batches, None)
                yield batch
        except Exception as error:
            failures.append(error)
            raise
