"""The `conversionflow` command."""

from __future__ import annotations

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
