"""The release of dbt-postgres that this adapter is written against."""

version = "1.11.0"
