"""The journey tables beside the one sort they cannot do without."""
