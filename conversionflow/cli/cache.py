"""`conversionflow cache`: what the cache of fits holds, and clearing it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from conversionflow.core.array_store import ArrayStore, Entry

DEFAULT_PATH = ".cache/fits"
SETTING = "fit_cache_path"
KEY_LENGTH = 12

path_option = click.option(
    "--path",
    type=click.Path(path_type=Path),
    help=f"The cache's folder. Default: the setting {SETTING} of dbt_project.yml, else {DEFAULT_PATH}.",
)


@click.group(invoke_without_command=True)
@path_option
@click.pass_context
def cache(context: click.Context, path: Path | None) -> None:
    """List the fits that are kept: what a build finds there it does not sample again."""
    from conversionflow.core.array_store import ArrayStore

    context.obj = ArrayStore(path or _configured())
    if context.invoked_subcommand is None:
        _show(context.obj)


@cache.command()
@click.option(
    "--older-than",
    type=click.IntRange(min=0),
    metavar="DAYS",
    help="Only what was not used for so many days.",
)
@click.pass_context
def clear(context: click.Context, older_than: int | None) -> None:
    """Remove what is kept; the next build samples it anew."""
    removed = context.obj.prune(timedelta(days=older_than or 0))
    size = sum(entry.size for entry in removed)
    click.echo(f"{len(removed)} entries removed, {size / 1e6:,.1f} MB, from {context.obj.folder}")


def _configured() -> Path:
    """Where the project's settings put the cache.

    Raises
    ------
    InputError
        Where they switch it off.
    """
    from conversionflow.core.errors import InputError
    from conversionflow.core.yaml_file import read_yaml
    from conversionflow.warehouse.duckdb import PROJECT_FILE, project_folder

    folder = project_folder()
    file = folder / PROJECT_FILE
    project = read_yaml(str(file), file.read_text(encoding="utf-8")) if file.is_file() else {}
    given = (project.get("vars") or {}).get("conversionflow") or {}
    found = given.get(SETTING, DEFAULT_PATH)
    if found is None:
        raise InputError(f"{SETTING} in {file} is null: no fits are kept. Name a folder with --path.")
    return folder / str(found)


def _show(store: ArrayStore) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("model", "form", "chains", "last used (UTC)", "MB", "key")
    for row in _rows(store):
        table.add_row(*row)
    console = Console()
    if table.row_count:
        console.print(table)
    size = sum(entry.size for entry in store.entries())
    console.print(f"{table.row_count} fits, {size / 1e6:,.1f} MB, in {store.folder}", soft_wrap=True)


def _rows(store: ArrayStore) -> Iterable[tuple[str, ...]]:
    """One row per attempt, last used first; what has no chain (diagnostics) is not listed."""
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in store.entries():
        if "chain" in entry.about or not entry.key:
            groups[entry.key.rpartition("-")[0]].append(entry)
    used = {key: max(entry.used_at for entry in entries) for key, entries in groups.items()}
    for key in sorted(groups, key=used.__getitem__, reverse=True):
        entries = groups[key]
        about = entries[0].about
        yield (
            about.get("model", "(damaged)"),
            about.get("form", ""),
            str(len(entries)),
            f"{used[key]:%Y-%m-%d %H:%M}",
            f"{sum(entry.size for entry in entries) / 1e6:,.1f}",
            key[:KEY_LENGTH],
        )
