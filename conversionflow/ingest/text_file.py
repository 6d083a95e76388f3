"""A file of text, plain or gzip: found to be text, and in UTF-8 when it is read."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from conversionflow.core.errors import InputError

DAMAGED_GZIP = (EOFError, zlib.error, gzip.BadGzipFile)
_HEAD_BYTES = 65_536
_GZIP_MAGIC = b"\x1f\x8b"
_BINARY = {
    b"PAR1": "a Parquet file: name it .parquet",
    b"PK\x03\x04": "a ZIP or Excel file: name an Excel file .xlsx, and unpack any other",
    b"\xd0\xcf\x11\xe0": "an old Excel file: save it as .xlsx",
}
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class TextFile:
    """
    A text file whose content can be read in UTF-8.

    Parameters
    ----------
    path
        The file.
    encoding
        What it is in, by Python's name of it; None: what its first bytes mark, else UTF-8.
    folder
        Where a copy in UTF-8 goes if it is in anything else, or has a mark.

    Attributes
    ----------
    name
        The file's name in messages.
    path
        The file in UTF-8: itself or the copy.
    compression
        Of `path`: `gzip` or `uncompressed`.

    Raises
    ------
    InputError
        If the file is not text, not whole, or not in `encoding`.
    """

    def __init__(self, path: Path, encoding: str | None, folder: Path) -> None:
        self.name = str(path)
        self.path = path
        self.compression = "gzip" if _is_gzip(path) else "uncompressed"
        head = self._head()
        if encoding is None:
            encoding = next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)
        if encoding is not None and codecs.lookup(encoding).name != "utf-8":
            self._convert(encoding, folder)
        else:
            self._refuse_binary(head)

    @contextmanager
    def open(self) -> Iterator[TextIO]:
        """Open the text; what is not UTF-8 becomes lone surrogates."""
        with self._bytes() as binary:
            yield io.TextIOWrapper(binary, encoding="utf-8", errors="surrogateescape", newline="")

    @contextmanager
    def _bytes(self) -> Iterator[BinaryIO]:
        with self.path.open("rb") as raw:
            yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if self.compression == "gzip" else raw

    def _head(self) -> bytes:
        try:
            with self._bytes() as binary:
                head = binary.read(_HEAD_BYTES)
        except DAMAGED_GZIP as error:
            raise self._damaged(error) from error
        if not head:
            raise InputError(f"{self.name} is empty: there is not even a header line.")
        return head

    def _damaged(self, error: Exception) -> InputError:
        return InputError(
            f"{self.name} is not a whole gzip file: {error}. It is cut off or damaged: fetch it again. "
            "No row was loaded."
        )

    def _refuse_binary(self, head: bytes) -> None:
        for magic, what in _BINARY.items():
            if head.startswith(magic):
                raise InputError(f"{self.name} is not a text file but {what}.")
        if b"\x00" in head:
            line = head[: head.index(b"\x00")].count(b"\n") + 1
            raise InputError(
                f"{self.name} is not a text file: line {line} has NUL bytes in it. If it is in UTF-16, say "
                "so with --encoding utf-16-le."
            )

    def _convert(self, encoding: str, folder: Path) -> None:
        copy = folder / "in_utf_8"
        lines = 1
        with self._bytes() as binary, copy.open("w", encoding="utf-8", newline="") as target:
            reader = io.TextIOWrapper(binary, encoding=encoding, newline="")
            try:
                while text := reader.read(_HEAD_BYTES):
                    target.write(text)
                    lines += text.count("\n")
            except UnicodeError as error:
                raise InputError(
                    f"{self.name} is not in {encoding}: {error.reason if hasattr(error, 'reason') else error}"
                    f" at or after line {lines}. No row was loaded."
                ) from error
            except DAMAGED_GZIP as error:
                raise self._damaged(error) from error
        self.path, self.compression = copy, "uncompressed"


def checked_encoding(name: str) -> str:
    """
    Return `name` if it is an encoding of text.

    Raises
    ------
    InputError
        If Python knows none of this name.
    """
    try:
        if codecs.lookup(name)._is_text_encoding:
            return name
    except LookupError:
        pass
    raise InputError(f"There is no encoding {name!r}. Known are utf-8, utf-16, windows-1252, latin-1, ...")


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as raw:
        return raw.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
