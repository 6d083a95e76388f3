"""Progress of running chains: a bar in a terminal, lines in a log; draws, divergences and speed."""

import logging
import sys
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

logger = logging.getLogger("conversionflow")

#: Seconds between two lines in a log, and between two looks of the bar.
LOG_SECONDS = 10.0
BAR_SECONDS = 1.0


@dataclass(frozen=True)
class Progressed:
    """How far chains are: steps made, tuning included, and divergences after it."""

    steps: int = 0
    divergences: int = 0

    @classmethod
    def of(cls, results: Any) -> "Progressed":
        """Count the steps of nutpie's raw results for one chain."""
        _, batches = results.get_arrow_trace()
        tables = [pa.record_batch(batch) for batch in batches]
        diverging = [table["diverging"].to_numpy(zero_copy_only=False) for table in tables]
        tuning = [table["tuning"].to_numpy(zero_copy_only=False) for table in tables]
        return cls(
            sum(table.num_rows for table in tables),
            sum(int((bad & ~early).sum()) for bad, early in zip(diverging, tuning, strict=True)),
        )

    def __add__(self, other: "Progressed") -> "Progressed":
        return Progressed(self.steps + other.steps, self.divergences + other.divergences)


class SamplingProgress:
    """Shows how far an attempt is; a context, within which `show` is called now and then."""

    def __init__(self, label: str, steps: int) -> None:
        self._label, self._steps = label, steps
        self._started = time.monotonic()
        console = Console(stderr=True)
        self._bar = _bar(console) if sys.stderr.isatty() else None
        self._interval = BAR_SECONDS if self._bar else LOG_SECONDS
        self._next = self._started + self._interval

    def __enter__(self) -> "SamplingProgress":
        if self._bar:
            self._bar.start()
            self._task = self._bar.add_task(self._label, total=self._steps, divergences=0, speed=0.0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    @property
    def due(self) -> bool:
        """Whether it is time to show again."""
        return time.monotonic() >= self._next

    def show(self, progressed: Progressed) -> None:
        """Show how far the chains together are."""
        self._next = time.monotonic() + self._interval
        speed = progressed.steps / max(time.monotonic() - self._started, 1e-3)
        if self._bar:
            self._bar.update(
                self._task, completed=progressed.steps, divergences=progressed.divergences, speed=speed
            )
        else:
            logger.info(
                "%s: %d of %d draws (tuning included), %d divergences, %.0f draws/s",
                *(self._label, progressed.steps, self._steps, progressed.divergences, speed),
            )


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[divergences]} divergences, {task.fields[speed]:.0f} draws/s"),
        TimeRemainingColumn(),
        console=console,
    )
