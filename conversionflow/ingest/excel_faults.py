"""
Cells of an .xlsx sheet whose value is not in the file: errors, and formulas that nobody calculated.

The library that reads the values gives an empty cell for both, so a figure would be missing without a word.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from conversionflow.core.errors import InputError

_CHUNK = 1 << 20
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CELL = re.compile(rb"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]+)(\d+)"')
_TYPE = re.compile(rb'\bt="(\w+)"')
_VALUE = re.compile(rb"<v\b[^>]*>([^<]+)</v>")


def first_fault(path: Path, sheet: str, within: Callable[[int, int], bool]) -> str | None:
    """
    Return what is wrong with the first cell that holds no value of its own, or None.

    Parameters
    ----------
    path
        The .xlsx or .xlsm file.
    sheet
        The sheet's name.
    within
        Whether a row and column, from 0, are to be read at all.

    Raises
    ------
    InputError
        If the archive is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for cell in _cells(archive, _part(archive, sheet)):
                fault = _fault(cell, within)
                if fault:
                    return fault
    except (zipfile.BadZipFile, KeyError, ET.ParseError, EOFError) as error:
        raise InputError(f"{path} is not a whole Excel workbook: {error}. Save it again as .xlsx.") from error
    return None


def _part(archive: zipfile.ZipFile, sheet: str) -> str:
    # Expat, which reads it, refuses documents that grow beyond measure.
    workbook = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    relations = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {relation.get("Id"): relation.get("Target") or "" for relation in relations}
    ids = {node.get("name"): node.get(_RELATION) for node in workbook.iter() if node.tag.endswith("}sheet")}
    target = targets[ids[sheet]]
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _cells(archive: zipfile.ZipFile, part: str) -> Iterator[re.Match[bytes]]:
    rest = b""
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            text = rest + chunk
            whole = text.rfind(b"</c>") + len(b"</c>")
            if b"<f" in text or b't="e"' in text:
                yield from _CELL.finditer(text, 0, max(whole, 0))
            rest = text[whole:] if whole >= len(b"</c>") else text


def _fault(cell: re.Match[bytes], within: Callable[[int, int], bool]) -> str | None:
    attributes, content = cell[1], cell[2] or b""
    kind, place = _TYPE.search(attributes), _PLACE.search(attributes)
    value = _VALUE.search(content)
    error = kind is not None and kind[1] == b"e"
    # a formula whose result is a text may well give an empty one
    uncalculated = b"<f" in content and value is None and (kind is None or kind[1] != b"str")
    if (
        place is None
        or not (error or uncalculated)
        or not within(int(place[2]) - 1, column_number(place[1].decode()))
    ):
        return None
    where = f"cell {place[1].decode()}{place[2].decode()}"
    if error:
        return f"{where}: the value is the error {value[1].decode() if value else ''}. Correct it in Excel."
    return (
        f"{where}: the formula has no result in the file. Open the file in Excel, which calculates it, and "
        "save it; or put the value in its place."
    )


def column_number(letters: str) -> int:
    """Return a column's place from 0: 0 for A, 26 for AA."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
