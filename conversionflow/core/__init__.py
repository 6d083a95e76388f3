"""What every layer may use: settings, errors, progress."""

import warnings

# ArviZ announces its 1.0 whenever it is imported; the range in pyproject.toml keeps us below it.
warnings.filterwarnings("ignore", message=r"\s*ArviZ is undergoing a major refactor", category=FutureWarning)
