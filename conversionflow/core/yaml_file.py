"""YAML that a user writes: read safely, and held against the keys that are known."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

import yaml

from conversionflow.core.errors import InputError

#: libyaml's where PyYAML was built with it: the same, ten times as fast.
SAFE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(name: str, text: str) -> Any:
    """
    Return what a YAML text says.

    Raises
    ------
    InputError
        If it is not YAML; `name` is the file in the message.
    """
    try:
        return yaml.load(text, Loader=SAFE)  # noqa: S506 - both loaders are safe ones
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{name} is not YAML: {reason}") from error


def checked_keys(
    place: str, value: object, required: Collection[str], optional: Collection[str] = ()
) -> dict[str, Any]:
    """
    Return `value` if it is a mapping with the keys it should have.

    Raises
    ------
    InputError
        If it is anything else, lacks a required key, or has an unknown one.
    """
    known = (*required, *optional)
    if not isinstance(value, dict):
        raise InputError(f"{place} should have keys and values: {', '.join(known)}.")
    for key in value:
        if key not in known:
            close = get_close_matches(str(key), known, n=1)
            guess = f" (did you mean {close[0]}?)" if close else ""
            raise InputError(f"{place} has the unknown key {key}{guess}. Known are {', '.join(known)}.")
    for key in required:
        if key not in value:
            raise InputError(f"{place} lacks the key {key}.")
    return value
