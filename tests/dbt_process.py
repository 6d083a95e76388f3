"""A process for each dbt command, forked off one that is warm: imports and parsing are most of a run."""

import functools
import multiprocessing
import os
import shutil
import signal
import sys
from multiprocessing import forkserver
from pathlib import Path

import pytest

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["dbt_warm"])


@functools.cache
def _warm_up() -> None:
    """Start the fork server with a path to the modules of the tests, which it does not take from here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
        forkserver.ensure_running()


def start(
    arguments: list[str], folder: Path, environment: dict[str, str], log: Path
) -> multiprocessing.Process:
    """Begin dbt in `folder` with only this environment, its output to `log`; return the process."""
    _warm_up()
    process = PROCESSES.Process(target=_work, args=(arguments, folder, environment, log))
    process.start()
    return process


def _work(arguments: list[str], folder: Path, environment: dict[str, str], log: Path) -> None:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import cli
    from dbt_warm import PARSED

    # a shell starts what runs in the background with Ctrl-C ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    target = Path(environment["DBT_TARGET_PATH"])
    if not target.exists():
        # dbt takes it where project, profile and settings are those it was parsed with
        shutil.copytree(PARSED, target)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    sys.argv = ["dbt", *arguments]
    try:
        cli()
    finally:
        # multiprocessing leaves out what Python does at exit: the tables would stay in the write-ahead log
        DuckDBConnectionManager.close_all_connections()
