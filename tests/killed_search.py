"""A search that is killed, as by `kill -9`, between two generations: `python killed_search.py FOLDER`."""

import os
import signal
import sys
from pathlib import Path

import scenario_tables

from conversionflow.core.array_store import ArrayStore
from conversionflow.optimization import SearchState
from conversionflow.pipeline.checkpoint import Checkpoint
from conversionflow.pipeline.plan_solver import Question, Solved, genetic_settings

LAST_KEPT = 6


def solved(checkpoint: Checkpoint | None, observer: object = None) -> Solved:
    solver = scenario_tables.solver()
    search = genetic_settings(solver.inputs.settings)
    return solver.solve(Question("fixed_budget"), search, observer=observer, checkpoint=checkpoint)  # type: ignore[arg-type]


def kill(state: SearchState) -> None:
    if state.generation > LAST_KEPT:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    solved(Checkpoint(ArrayStore(Path(sys.argv[1])), after=0.0), kill)
