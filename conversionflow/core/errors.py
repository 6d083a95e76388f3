"""The errors that reach a user: each says what is wrong, where, and what to do."""

from collections.abc import Callable


class ConversionflowError(Exception):
    """Base of every error raised on purpose; its text is shown without a traceback."""


class InputError(ConversionflowError):
    """Data or a file given by the user cannot be used as it is."""


class SettingsError(ConversionflowError):
    """A setting has a value outside its range, or an unknown name."""


class ConvergenceError(ConversionflowError):
    """The plan's model did not pass the convergence gate, so no new plan may be published."""


class InfeasibleBudgetError(ConversionflowError):
    """The rules leave no plan that satisfies them all.

    The reason may be a function: to find which rules clash takes longer than that some do, and who tries one
    total after the other never reads it.
    """

    def __init__(self, reason: str | Callable[[], str]) -> None:
        super().__init__(reason)
        self._reason = reason

    def __str__(self) -> str:
        if callable(self._reason):
            self._reason = self._reason()
        return self._reason


class MachineError(ConversionflowError):
    """The machine lacks what a step needs."""
