"""`conversionflow export`: what a build found, as a file."""

import os
from pathlib import Path

import click

from conversionflow.cli.shared import database_option, target_option
from conversionflow.core.errors import InputError


@click.group()
def export() -> None:
    """Write what the last build found to a file."""


@export.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@target_option
@database_option
def parameters(file: Path, target: str | None, database: Path | None) -> None:
    """
    Write the fitted model that the plan rests on to FILE, for use without the warehouse.

    It is JSON where the file's name ends in .json, else netCDF. It holds the posterior draws, the scales they
    go with, and today's plan beside the recommended one; docs/notebook.md shows how to read it. A file of
    that name is replaced.
    """
    from conversionflow.pipeline.parameter_json import to_json
    from conversionflow.pipeline.parameters import TABLES, parameter_export
    from conversionflow.warehouse.profiles import find_target

    warehouse = find_target(target, database)
    exported = parameter_export(warehouse.results(TABLES))
    _replace(file, to_json(exported) if file.suffix == ".json" else exported.to_netcdf())
    rows, columns = exported.draws.shape
    click.echo(
        f"{rows:,} draws of {columns:,} quantities of model {exported.origin['model']} written to {file}\n"
        f"key {exported.key}"
    )


def _replace(file: Path, content: bytes) -> None:
    """Put the content in place in one step: a reader finds the old file or the new one, never half of it."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise InputError(f"{file} cannot be written: {error.strerror}") from error
