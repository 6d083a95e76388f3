"""A fitted model as one netCDF file, and back: what a plan needs, without a warehouse.

The file holds the posterior draws of one model, the constants of its paid touchpoints, today's plan with its
bounds and the recommended one, and where all of it comes from. Its key is a hash of the whole content. The
format is netCDF 4 by h5netcdf, which xarray, ArviZ, R and Julia read; nothing in it is executed.
"""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import h5py
import numpy as np
import pandas as pd
import xarray as xr

from conversionflow.core.errors import InputError
from conversionflow.estimation.response import Response
from conversionflow.estimation.types import KEY_COLUMNS, NOT_APPLICABLE, Array

FORMAT = "conversionflow parameters"
#: Raised with every change of the layout; a file of another version is refused.
FORMAT_VERSION = 1
SAMPLE = ["chain", "draw"]
QUANTITY = ["parameter", *KEY_COLUMNS]
PAID = ["market", "touchpoint"]
#: Columns of the budget: today's plan, its bounds and the plan that was recommended, money per period.
PLAN = ("current_spend", "min_spend", "max_spend", "recommended_spend")
#: What else of a fit the file keeps, as texts: its run, and hashes or JSON of what it was made from.
ORIGIN = ("model", "run_id", "data_hash", "settings", "versions")


@dataclass(frozen=True, eq=False)
class ParameterExport:
    """One fitted model with its plans.

    Attributes
    ----------
    draws : array (S, Q)
        Posterior draws of Q quantities.
    samples : DataFrame (S rows)
        chain and draw of each row of `draws`.
    quantities : DataFrame (Q rows)
        parameter, market, touchpoint, related_touchpoint of each column of `draws`.
    paid : DataFrame (n rows)
        By market and touchpoint, in the order of `Response.keys`: the model's constants, and the plans
        (`PLAN`).
    origin
        Values of `ORIGIN`.
    """

    draws: Array
    samples: pd.DataFrame
    quantities: pd.DataFrame
    paid: pd.DataFrame
    origin: Mapping[str, str]

    @classmethod
    def from_frames(
        cls, draws: pd.DataFrame, constants: pd.DataFrame, plan: pd.DataFrame, origin: Mapping[str, str]
    ) -> "ParameterExport":
        """Collect a fit from its tables.

        Parameters
        ----------
        draws, constants
            As for `Response.from_frames`; rows of other models than `origin["model"]` are passed over.
        plan
            Columns market, touchpoint and those of `PLAN`; rows of touchpoints that are not in the model are
            passed over.
        origin
            Values of `ORIGIN`.

        Raises
        ------
        InputError
            Where the draws are incomplete, or a touchpoint of the model is not in the plan.
        """
        own = draws[draws["model"] == origin["model"]].fillna(dict.fromkeys(KEY_COLUMNS, NOT_APPLICABLE))
        samples, row = _distinct(own, SAMPLE)
        quantities, column = _distinct(own, QUANTITY)
        values = np.full((len(samples), len(quantities)), np.nan)
        values[row, column] = own["value"].to_numpy(np.float64)
        if own.empty or len(own) != values.size or np.isnan(values).any():
            raise InputError(
                f"posterior_draws of model {origin['model']!r} are incomplete: {len(own)} values of "
                f"{values.size}. Build them again with: dbt build --select network_fit+"
            )
        known = constants[constants["model"] == origin["model"]]
        wide = known.pivot_table(index=PAID, columns="constant", values="value").sort_index()
        paid = wide.rename_axis(columns=None).join(plan.set_index(PAID)[list(PLAN)].astype(np.float64))
        if missing := [" / ".join(map(str, key)) for key in paid.index[paid.isna().any(axis=1)]]:
            raise InputError(
                f"The plan has no row of {', '.join(missing)}, which the model knows; "
                "build both together with: dbt build"
            )
        return cls(values, samples, quantities, paid, {name: str(origin[name]) for name in ORIGIN})

    @cached_property
    def response(self) -> Response:
        """Expected conversions of a budget, the same as from the warehouse's tables."""
        rows, columns = self.draws.shape
        names = {name: np.tile(self.quantities[name].to_numpy(), rows) for name in QUANTITY}
        counted = {name: np.repeat(self.samples[name].to_numpy(), columns) for name in SAMPLE}
        model = self.origin["model"]
        draws = pd.DataFrame({**counted, **names, "value": self.draws.ravel()}).assign(model=model)
        constants = self.paid.drop(columns=list(PLAN)).melt(
            var_name="constant", value_name="value", ignore_index=False
        )
        return Response.from_frames(model, draws, constants.reset_index().assign(model=model))

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of the build that made the fit, by name."""
        settings: dict[str, Any] = json.loads(self.origin["settings"])
        return settings

    @cached_property
    def key(self) -> str:
        """SHA-256 of everything in the file: hash of the data, settings, versions, draws, plan."""
        digest = hashlib.sha256(json.dumps({name: self.origin[name] for name in ORIGIN}).encode())
        digest.update(np.ascontiguousarray(self.draws).tobytes())
        for table in (self.samples, self.quantities, self.paid.reset_index()):
            digest.update(table.to_csv(index=False, lineterminator="\n").encode())
        return digest.hexdigest()

    def to_netcdf(self) -> bytes:
        """Write the file's content; the same export gives the same bytes."""
        coordinates = {
            **{name: ("sample", self.samples[name].to_numpy()) for name in SAMPLE},
            **{name: ("quantity", self.quantities[name].to_numpy()) for name in QUANTITY},
        }
        paid = self.paid.reset_index()
        columns = {f"paid_{name}": ("paid", paid[name].to_numpy()) for name in paid.columns}
        dataset = xr.Dataset(
            {"value": (("sample", "quantity"), self.draws), **columns},
            coordinates,
            {"format": FORMAT, "format_version": FORMAT_VERSION, "key": self.key, **self.origin},
        )
        return bytes(dataset.to_netcdf(engine="h5netcdf"))

    @classmethod
    def from_netcdf(cls, content: bytes) -> "ParameterExport":
        """Read what `to_netcdf` wrote.

        Raises
        ------
        InputError
            Where it is no such file, one of another version of the format, or damaged.
        """
        dataset = _opened(content)
        found = dataset.attrs.get("format_version")
        if dataset.attrs.get("format") != FORMAT:
            raise InputError("This netCDF file was not written by: conversionflow export parameters")
        if found != FORMAT_VERSION:
            raise InputError(
                f"The file is of version {found} of the format and this package reads {FORMAT_VERSION}; "
                "write it again with: conversionflow export parameters"
            )
        try:
            export = cls._of(dataset)
        except (KeyError, ValueError) as error:
            raise _damaged(f"a part is missing: {error}") from error
        if export.key != dataset.attrs.get("key"):
            raise _damaged("its content does not have its key")
        return export

    @classmethod
    def _of(cls, dataset: xr.Dataset) -> "ParameterExport":
        names = [str(name) for name in dataset if str(name).startswith("paid_")]
        paid = _table(dataset, names).rename(columns=lambda name: name.removeprefix("paid_"))
        return cls(
            draws=dataset["value"].to_numpy(),
            samples=_table(dataset, SAMPLE),
            quantities=_table(dataset, QUANTITY),
            paid=paid.set_index(PAID),
            origin={name: str(dataset.attrs[name]) for name in ORIGIN},
        )


def _distinct(frame: pd.DataFrame, columns: list[str]) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the distinct rows of some columns in order, and of each row of the frame which one it is."""
    groups = frame.groupby(columns, sort=True)
    return pd.DataFrame(list(groups.groups), columns=columns), groups.ngroup().to_numpy()


def _table(dataset: xr.Dataset, names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({name: dataset[name].to_numpy() for name in names})


def _opened(content: bytes) -> xr.Dataset:
    try:
        # h5netcdf leaves a half-open file behind where HDF5 itself refuses one
        h5py.File(io.BytesIO(content), "r").close()
        return xr.load_dataset(io.BytesIO(content), engine="h5netcdf")
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise _damaged(str(error)) from error


def _damaged(reason: str) -> InputError:
    return InputError(
        f"The file is damaged or no netCDF file ({reason}); "
        "write it again with: conversionflow export parameters"
    )
