"""The `conversionflow` command."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click

from conversionflow.cli.cache import cache
from conversionflow.cli.demo import demo
from conversionflow.cli.export import export
from conversionflow.cli.load import load
from conversionflow.cli.optimize import optimize
from conversionflow.cli.show import show
from conversionflow.core.errors import ConversionflowError


class _Failure(click.ClickException):
    exit_code = 2


class _Group(click.Group):
    """Shows an error raised on purpose as one message, without a traceback."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except ConversionflowError as error:
            raise _Failure(str(error)) from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="conversionflow", prog_name="conversionflow")
def main() -> None:
    """
    Marketing measurement in the warehouse: from raw touches to a budget plan.

    Bring data with `load` (your own) or `demo` (a simulated market), then run `dbt build`.
    """


main.add_command(load)
main.add_command(demo)
main.add_command(show)
main.add_command(export)
main.add_command(optimize)
main.add_command(cache)


def command() -> NoReturn:
    """
    Run the command, and end its process at once.

    Every command closes its files and connections itself. To let Python tear down what the libraries left
    in memory would take a tenth of a second of what a question to `optimize` takes.
    """
    status: object = 0
    try:
        main()
    except SystemExit as ended:
        status = ended.code
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status if isinstance(status, int) else 1)
