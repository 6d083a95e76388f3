"""Fingerprints of data, settings and code: equal contents give equal ones, whatever the process."""

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from datetime import date
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import numpy as np

#: Kinds of values whose `repr` says all there is to say.
_PLAIN = (str, bool, int, float, date, type(None))


def digest(*values: object) -> str:
    """Return the SHA-256, as 64 hexadecimal digits, of nested values and arrays.

    Mappings count whatever their order; arrays with their type and shape; dataclasses with all their fields.

    Raises
    ------
    TypeError
        For a value of another kind: leaving it out would make different contents look equal.
    """
    hasher = hashlib.sha256()
    _add(hasher, values)
    return hasher.hexdigest()


def code_digest(packages: Sequence[str], distributions: Sequence[str]) -> str:
    """Return the SHA-256 of the sources of packages and of the versions of installed distributions."""
    sources = {
        (package, file.name): file.read_text(encoding="utf-8")
        for package in packages
        for file in files(package).iterdir()
        if file.name.endswith(".py")
    }
    versions = [(name, version(name)) for name in distributions]
    return digest(sorted(sources.items()), versions)


def _add(hasher: Any, value: object) -> None:
    """Add a value to the hash, with its kind and length so that no two values run together."""
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise TypeError("An array of Python objects has no fingerprint")
        content = np.ascontiguousarray(value).tobytes()
        hasher.update(f"array {value.dtype.str} {value.shape} ".encode() + content)
    elif isinstance(value, np.generic):
        _add(hasher, value.item())
    elif isinstance(value, _PLAIN):
        content = repr(value).encode()
        hasher.update(f"{type(value).__name__} {len(content)} ".encode() + content)
    elif is_dataclass(value):
        _add(hasher, {field.name: getattr(value, field.name) for field in fields(value)})
    elif isinstance(value, Mapping):
        _add(hasher, sorted((digest(key), digest(content)) for key, content in value.items()))
    elif isinstance(value, Set):
        _add(hasher, sorted(digest(element) for element in value))
    elif isinstance(value, Sequence):
        hasher.update(f"sequence {len(value)} ".encode())
        for element in value:
            _add(hasher, element)
    else:
        raise TypeError(f"A {type(value).__name__} has no fingerprint")
