"""Measurements, each a ratio against another thing measured in the same run: `make bench`."""
