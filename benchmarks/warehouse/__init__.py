"""Loads and frames beside the bare copies of DuckDB and Postgres."""
