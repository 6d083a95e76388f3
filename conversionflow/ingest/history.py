"""Which files are in which raw table, so that the same file is not loaded twice."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from conversionflow.ingest.sources import Reading, file_hash
from conversionflow.warehouse.duckdb import quoted
from conversionflow.warehouse.session import Session

HISTORY = "load_history"


@dataclass(frozen=True)
class Content:
    """
    What a load brings: the bytes of a file and how they are read.

    Attributes
    ----------
    source
        The file or URI as it was named.
    file_hash
        The SHA-256 of the file; None for a database, which may say something else tomorrow.
    reading
        The settings of the reading that were said, and the hashes of further files it takes, as JSON.
    """

    source: str
    file_hash: str | None
    reading: str

    @property
    def key(self) -> tuple[str | None, str]:
        """What makes two loads the same."""
        return self.file_hash, self.reading


def content_of(source: str, reading: Reading) -> Content:
    """Return what loading `source` would bring."""
    files = {name: file_hash(location) for name, location in reading.lookups.items()}
    own = reading.report is not None and Path(reading.report).is_file()
    settings = asdict(reading) | asdict(reading.spelling) | {"spelling": None, "lookups": files}
    settings |= {"report": file_hash(reading.report or "")} if own else {}
    # what is left at its default is left out: a setting that comes later makes no old record another one
    said = {name: value for name, value in settings.items() if value}
    return Content(source, file_hash(source), json.dumps(said, sort_keys=True))


class History:
    """The records of one table, in `load_history` of the same schema."""

    def __init__(self, session: Session, schema: str, table: str) -> None:
        self._session = session
        self._schema = schema
        self._name = quoted(schema, HISTORY)
        self._table = table

    def keys(self) -> Counter[tuple[str | None, str]]:
        """Return how often the table holds what, as far as it is known."""
        query = f"select file_hash, reading from {self._name} where table_name = ?"  # noqa: S608
        found = self._session.run(query, self._table) if self._exists() else []
        return Counter((file_hash, reading) for file_hash, reading in found)

    def has(self, content: Content) -> bool:
        """Whether the table holds what is in a file; of a database nobody knows."""
        return content.file_hash is not None and content.key in self.keys()

    def forget(self) -> None:
        """Remove the table's records: its rows are gone."""
        if self._exists():
            self._session.run(f"delete from {self._name} where table_name = ?", self._table)  # noqa: S608

    def _exists(self) -> bool:
        return self._session.state(self._schema, HISTORY) is not None

    def add(self, content: Content, mode: str, rows: int) -> None:
        """Record a load."""
        self._session.run(
            f"create table if not exists {self._name} (table_name varchar, source varchar, file_hash varchar,"
            " reading varchar, mode varchar, loaded_rows bigint, loaded_at timestamp)"
        )
        moment = datetime.now(UTC).replace(tzinfo=None)
        values = (self._table, content.source, content.file_hash, content.reading, mode, rows, moment)
        self._session.run(f"insert into {self._name} values (?, ?, ?, ?, ?, ?, ?)", *values)  # noqa: S608
