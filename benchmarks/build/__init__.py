"""Where the time of `dbt build` goes, beside one bare sort of the same events."""
