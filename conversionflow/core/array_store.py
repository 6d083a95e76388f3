"""Arrays kept on disk under a key: each entry one Parquet file, checked when it is read.

A row of the file is an array; the key, the checksum and what the writer says about the entry are in the
file's metadata. A file appears under its name only when it is complete, so any number of processes may read
and write.
"""

import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from conversionflow.core.fingerprint import digest

logger = logging.getLogger("conversionflow")

SUFFIX = ".parquet"
_PARTIAL = ".partial"
#: A file that a killed writer left is removed after so long; no writer takes that long.
_PARTIAL_LIFE = timedelta(hours=1)
_SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("type", pa.string()),
        ("shape", pa.list_(pa.int64())),
        ("content", pa.large_binary()),
    ]
)
_ABOUT = "about."


@dataclass(frozen=True)
class Stored:
    """Arrays by name, and what their writer says about them."""

    arrays: Mapping[str, NDArray[Any]]
    about: Mapping[str, str]


@dataclass(frozen=True)
class Entry:
    """An entry: its file and key, when it was last used (UTC), its bytes, and what its writer says of it."""

    file: Path
    key: str
    used_at: datetime
    size: int
    about: Mapping[str, str]


@dataclass(frozen=True)
class ArrayStore:
    """Arrays kept in a folder, which is made when the first entry is written.

    Attributes
    ----------
    folder
        Where the entries lie.
    version
        What else an entry's key stands for, such as the code that made it: entries of another version are not
        found.
    """

    folder: Path
    version: str = ""

    def load(self, key: str) -> Stored | None:
        """Return the entry of a key, or None where there is none; a damaged one is removed, and said."""
        file = self._file(key)
        try:
            stored = _read(file, key)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            reason = str(error).splitlines()[0]
            logger.warning("%s in the cache is damaged (%s) and is made anew", file, reason)
            with suppress(OSError):
                file.unlink()
            return None
        with suppress(OSError):  # A folder that may only be read still serves.
            os.utime(file)
        return stored

    def save(self, key: str, stored: Stored) -> None:
        """Keep an entry. Where the disk does not take it, a warning says so: the work goes on without."""
        table = _table(stored, key)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            partial = self.folder / f"{uuid4().hex}{_PARTIAL}"
            try:
                import pyarrow.parquet as pq

                pq.write_table(table, partial, compression="none")
                partial.replace(self._file(key))
            finally:
                partial.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("%s cannot keep what was computed: %s", self.folder, error)

    def remove(self, key: str) -> None:
        """Remove the entry of a key, if there is one."""
        with suppress(OSError):
            self._file(key).unlink(missing_ok=True)

    def entries(self) -> Iterator[Entry]:
        """Yield all entries, of whatever version; files that say nothing of themselves have no key."""
        for file in sorted(self.folder.glob(f"*{SUFFIX}")):
            with suppress(FileNotFoundError):
                yield _entry(file)

    def prune(self, older_than: timedelta | None = None, larger_than: int | None = None) -> list[Entry]:
        """Remove entries, and return them.

        Parameters
        ----------
        older_than
            Remove what was last used longer ago than this.
        larger_than
            Then remove what was used least recently, until the rest is of at most so many bytes.
        """
        self._remove_partial()
        now = datetime.now(UTC)
        removed, left = [], 0
        for entry in sorted(self.entries(), key=lambda entry: entry.used_at, reverse=True):
            left += entry.size
            too_old = older_than is not None and now - entry.used_at > older_than
            if too_old or (larger_than is not None and left > larger_than):
                entry.file.unlink(missing_ok=True)
                removed.append(entry)
        return removed

    def _file(self, key: str) -> Path:
        return self.folder / f"{digest(self.version, key)}{SUFFIX}"

    def _remove_partial(self) -> None:
        for file in self.folder.glob(f"*{_PARTIAL}"):
            with suppress(OSError):
                if time.time() - file.stat().st_mtime > _PARTIAL_LIFE.total_seconds():
                    file.unlink()


def _table(stored: Stored, key: str) -> pa.Table:
    rows = [
        {"name": name, "type": array.dtype.str, "shape": list(array.shape), "content": array.tobytes()}
        for name, array in stored.arrays.items()
    ]
    about = {_ABOUT + name: text for name, text in stored.about.items()}
    checksum = digest(dict(stored.arrays), dict(stored.about))
    return pa.Table.from_pylist(rows, _SCHEMA.with_metadata({"key": key, "sha256": checksum, **about}))


def _read(file: Path, key: str) -> Stored:
    """Read an entry.

    Raises
    ------
    FileNotFoundError, OSError, ValueError, KeyError, pyarrow.ArrowException
        Where there is none, or it is not what was written.
    """
    with file.open("rb") as source:
        # most often there is no entry, and nothing to load this for
        import pyarrow.parquet as pq

        table = pq.read_table(pa.PythonFile(source), schema=None)
    metadata = _metadata(table.schema)
    arrays = {
        row["name"]: np.frombuffer(row["content"], np.dtype(row["type"])).reshape(row["shape"])
        for row in table.to_pylist()
    }
    stored = Stored(arrays, _about(metadata))
    if metadata["key"] != key or metadata["sha256"] != digest(arrays, dict(stored.about)):
        raise ValueError("its checksum does not match")
    return stored


def _entry(file: Path) -> Entry:
    import pyarrow.parquet as pq

    state = file.stat()
    try:
        metadata = _metadata(pq.read_schema(file))
    except (OSError, ValueError, pa.ArrowException):
        metadata = {}
    used_at = datetime.fromtimestamp(state.st_mtime, UTC)
    return Entry(file, metadata.get("key", ""), used_at, state.st_size, _about(metadata))


def _metadata(schema: pa.Schema) -> dict[str, str]:
    return {name.decode(): text.decode() for name, text in (schema.metadata or {}).items()}


def _about(metadata: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(_ABOUT): text for name, text in metadata.items() if name.startswith(_ABOUT)}
