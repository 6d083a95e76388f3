"""Progress of long steps in the log of whatever runs them."""

import logging
import sys

LOGGER = logging.getLogger("conversionflow")


def show_progress() -> None:
    """Send the package's own messages to standard error, once: dbt shows none by itself."""
    if not LOGGER.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s  %(message)s", "%H:%M:%S"))
        LOGGER.addHandler(handler)
        LOGGER.setLevel(logging.INFO)
        LOGGER.propagate = False
