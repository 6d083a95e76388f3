"""Tables read by a process of its own, while this one loads what it needs to answer from them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from conversionflow.core.machine import cores

if TYPE_CHECKING:
    import pyarrow as pa

    Tables: TypeAlias = dict[str, pa.Table]

NAME = b"name"
_THREADS = Path("/proc/self/task")


def read_ahead(read: Callable[[], Tables]) -> Callable[[], Tables]:
    """
    Begin to read tables, and return the function that waits for them.

    A thread would take turns with the import of libraries, which holds Python's lock. Where this process has
    threads already, which a fork would stop halfway, or one core, or the system gives no memory to share, the
    tables are read when they are waited for; so are those that could not be read, for the error.
    """
    if not _may_fork():
        return read
    memory = os.memfd_create("tables")
    reader = os.fork()
    if reader == 0:
        _give(read, memory)

    def tables() -> Tables:
        _, status = os.waitpid(reader, 0)
        return _given(memory) if status == 0 else read()

    return tables


def _may_fork() -> bool:
    shared = hasattr(os, "fork") and hasattr(os, "memfd_create") and _THREADS.is_dir()
    return shared and len(list(_THREADS.iterdir())) == 1 and cores() > 1


def _give(read: Callable[[], Tables], memory: int) -> NoReturn:
    """Read tables into memory, one stream of Arrow after the other, and end the process."""
    status = 1
    try:
        tables = read()
        import pyarrow as pa

        with os.fdopen(memory, "wb") as file:
            for name, table in tables.items():
                named = table.replace_schema_metadata({NAME: name})
                with pa.ipc.new_stream(file, named.schema) as stream:
                    stream.write_table(named)
        status = 0
    finally:
        os._exit(status)


def _given(memory: int) -> Tables:
    import pyarrow as pa

    tables = {}
    with os.fdopen(memory, "rb") as file, pa.memory_map(f"/proc/self/fd/{file.fileno()}") as source:
        while source.tell() < source.size():
            table = pa.ipc.open_stream(source).read_all()
            tables[table.schema.metadata[NAME].decode()] = table.replace_schema_metadata(None)
    return tables
