"""Speed and memory beside the bare limit, as ratios within one run: `make bench`."""
