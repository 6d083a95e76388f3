"""The cache of fits of a project: where it lies and what its entries depend on beside data and settings."""

from datetime import timedelta

from conversionflow.core.array_store import ArrayStore
from conversionflow.core.fingerprint import code_digest
from conversionflow.core.settings import Settings
from conversionflow.warehouse.projects import project_folders

PACKAGE = "conversionflow"
#: Sources that decide what a fit's draws are, and the libraries whose versions do.
CODE = ("conversionflow.estimation",)
LIBRARIES = ("numba", "numpy", "nutpie", "pymc", "pytensor", "scipy")


def fit_store(settings: Settings) -> ArrayStore | None:
    """Return the store at setting `fit_cache_path`, from the project's folder; None where it is off."""
    if settings.fit_cache_path is None:
        return None
    folder = project_folders(PACKAGE)[0] / settings.fit_cache_path
    return ArrayStore(folder, code_digest(CODE, LIBRARIES))


def prune(store: ArrayStore, settings: Settings) -> None:
    """Remove what the settings no longer let it hold."""
    store.prune(timedelta(days=settings.fit_cache_days), settings.fit_cache_megabytes * 1_000_000)
