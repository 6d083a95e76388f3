"""A search that is kept while it runs: after a kill it goes on from its last generation."""

import time
from dataclasses import dataclass, field

from conversionflow.core.array_store import ArrayStore, Stored
from conversionflow.core.fingerprint import digest
from conversionflow.optimization.genetic import SearchState

#: A search shorter than this is sooner begun again than kept.
KEPT_AFTER = 1.0


@dataclass(eq=False)
class Checkpoint:
    """Keeps the last generation of a search.

    Attributes
    ----------
    store : ArrayStore
        Where; its version should stand for the code of the search.
    after : float
        Seconds before the first generation is kept.
    """

    store: ArrayStore
    after: float = KEPT_AFTER
    _key: str = ""
    _begun: float = field(default_factory=time.monotonic)

    def begin(self, *contents: object) -> SearchState | None:
        """Return the last generation kept of the search that these contents decide; None where there is none.

        Parameters
        ----------
        contents
            All that decides the search, of kinds that `digest` takes.
        """
        self._key = digest(*contents)
        stored = self.store.load(self._key)
        return None if stored is None else SearchState.from_arrays(stored.arrays)

    def keep(self, state: SearchState) -> None:
        """Keep a generation in place of the one before."""
        if time.monotonic() - self._begun >= self.after:
            about = {"generation": str(state.generation)}
            self.store.save(self._key, Stored(state.to_arrays(), about))

    def end(self) -> None:
        """Forget the search: it is done."""
        self.store.remove(self._key)
