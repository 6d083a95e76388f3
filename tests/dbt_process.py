"""A process for each dbt command, forked off one that imported dbt before: importing is most of a run."""

import multiprocessing
import os
import signal
import sys
from pathlib import Path

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["dbt.cli.main", "dbt.adapters.duckdb", "dbt.adapters.postgrespython", __name__]
)


def start(
    arguments: list[str], folder: Path, environment: dict[str, str], log: Path
) -> multiprocessing.Process:
    """Begin dbt in `folder` with only this environment, its output to `log`; return the process."""
    process = PROCESSES.Process(target=_work, args=(arguments, folder, environment, log))
    process.start()
    return process


def _work(arguments: list[str], folder: Path, environment: dict[str, str], log: Path) -> None:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import cli

    # a shell starts what runs in the background with Ctrl-C ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    sys.argv = ["dbt", *arguments]
    try:
        cli()
    finally:
        # multiprocessing leaves out what Python does at exit: the tables would stay in the write-ahead log
        DuckDBConnectionManager.close_all_connections()
