"""dbt Python models run in dbt's own process, for any dbt adapter that can read and write a relation."""

from __future__ import annotations

import ctypes
import linecache
import threading
import traceback
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
import pyarrow as pa
from dbt.adapters.contracts.connection import AdapterResponse
from dbt_common.exceptions import DbtRuntimeError

from conversionflow.warehouse.relations import Relation


class ModelCancelled(BaseException):
    """Raised inside a Python model when dbt is told to stop; no `except Exception` of a model holds it up."""


class LocalModels:
    """
    Gives a dbt adapter local Python models: put it before the adapter's own class.

    The warehouse's part is three methods: `model_session`, `read_relation` and `write_relation`. The
    adapter's macros end the code of a model with `written_to = [relation, temporary]`.
    """

    @abstractmethod
    def model_session(self) -> Any:
        """Return what models get as `session`: dbt's own connection, with a transaction open."""

    @abstractmethod
    def read_relation(self, name: str) -> Relation:
        """Return the relation of this name for `dbt.ref` and `dbt.source`."""

    @abstractmethod
    def write_relation(self, name: str, rows: pa.RecordBatchReader, *, temporary: bool) -> int:
        """Create the table `name` in the open transaction from `rows`; return how many there were."""

    @classmethod
    def is_cancelable(cls) -> bool:
        """Models can be stopped."""
        return True

    def cancel_open_connections(self) -> Any:
        """Stop what runs: models at their next line of Python, statements in the warehouse at once."""
        for thread in list(_RUNNING):
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread), ctypes.py_object(ModelCancelled)
            )
        return super().cancel_open_connections()  # type: ignore[misc]

    def submit_python_job(self, parsed_model: dict[str, Any], compiled_code: str) -> AdapterResponse:
        """
        Run a Python model and write what it returns.

        Raises
        ------
        DbtRuntimeError
            If the model raises, with the line of the model's own file, or returns something that is no table.
        """
        path = parsed_model["original_file_path"]
        session = self.model_session()
        with _explained(path, compiled_code), _cancelable():
            namespace: dict[str, Any] = {"__name__": parsed_model["name"], "__file__": path}
            exec(compile(compiled_code, path, "exec"), namespace)  # noqa: S102
            result = namespace["model"](namespace["dbtObj"](self.read_relation), session)
            name, temporary = namespace["written_to"]
            rows = self.write_relation(name, _as_batches(result), temporary=bool(temporary))
        return AdapterResponse(_message=f"PYTHON {rows}", code="PYTHON", rows_affected=rows)


_RUNNING: set[int] = set()


@contextmanager
def _cancelable() -> Iterator[None]:
    thread = threading.get_ident()
    _RUNNING.add(thread)
    try:
        yield
    finally:
        _RUNNING.discard(thread)


@contextmanager
def _explained(path: str, code: str) -> Iterator[None]:
    """Turn what a model raises into dbt's error, with the line of the model that it came from."""
    # so that tracebacks show the code's lines, which lie in no file of this name for a package's models
    linecache.cache[path] = (len(code), None, code.splitlines(keepends=True), path)
    try:
        yield
    except (Exception, ModelCancelled) as error:
        lines = [
            frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path
        ]
        place = f"{path}, line {lines[-1]}" if lines else path
        raise DbtRuntimeError(
            f"Python model failed at {place}:\n{''.join(traceback.format_exception(error))}"
        ) from error


def _as_batches(result: Any) -> pa.RecordBatchReader:
    """Return a model's result batch by batch."""
    if isinstance(result, Relation):
        result = result.arrow()
    if isinstance(result, pd.DataFrame):
        result = pa.Table.from_pandas(result, preserve_index=False)
    if isinstance(result, pa.Table):
        return result.to_reader()
    if hasattr(result, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(result)
    raise TypeError(
        f"The model returned {type(result).__name__}; it must return an Arrow table, a pandas DataFrame, "
        "or a relation that dbt.ref gave."
    )
