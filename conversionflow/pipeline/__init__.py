"""What each dbt Python model calls: relations in, one Arrow table out."""

from importlib import import_module
from typing import Any

_HOMES = {
    "fit_network": "network",
    "markov_weights": "credit",
    "response_grid": "curves",
    "run_environment": "environment",
    "search_budget": "budget",
    "transition_intervals": "intervals",
    "validate": "validation",
    "validate_raw": "validation",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a step's module when it is first asked for: a model pays only for the libraries it runs."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
