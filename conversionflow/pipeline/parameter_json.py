"""A fitted model as one JSON text, and back: what netCDF holds, for tools that read no netCDF."""

import json
from typing import Any

import numpy as np
import pandas as pd

from conversionflow.core.errors import InputError
from conversionflow.estimation import ParameterExport

FORMAT = "conversionflow parameters"
#: Raised with every change of the layout; a text of another version is refused.
FORMAT_VERSION = 1
PAID = ["market", "touchpoint"]
AGAIN = "write it again with: conversionflow export parameters"


def to_json(export: ParameterExport) -> bytes:
    """Write the text: each table as its columns by name, `draws` row by row, numbers to the bit."""
    content = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "key": export.key,
        "origin": dict(export.origin),
        "samples": export.samples.to_dict("list"),
        "quantities": export.quantities.to_dict("list"),
        "paid": export.paid.reset_index().to_dict("list"),
        "draws": export.draws.tolist(),
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False).encode()


def from_json(content: bytes) -> ParameterExport:
    """Read what `to_json` wrote.

    Raises
    ------
    InputError
        Where it is no such text, one of another version of the format, or damaged.
    """
    try:
        found: dict[str, Any] = json.loads(content)
        if found["format"] != FORMAT or found["format_version"] != FORMAT_VERSION:
            raise InputError(
                f"The file is of format {found['format']!r}, version {found['format_version']}, and this "
                f"package reads {FORMAT!r}, version {FORMAT_VERSION}; {AGAIN}"
            )
        export = ParameterExport(
            draws=np.array(found["draws"], dtype=np.float64),
            samples=pd.DataFrame(found["samples"]),
            quantities=pd.DataFrame(found["quantities"]),
            paid=pd.DataFrame(found["paid"]).set_index(PAID),
            origin=found["origin"],
        )
        if export.key != found["key"]:
            raise ValueError("its content does not have its key")
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"The file is damaged or no such JSON ({error}); {AGAIN}") from error
    return export
