"""SQLAlchemy's Postgres on a connection that is not its own."""

from typing import Any

from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2


class ReadingDialect(PGDialect_psycopg2):
    """SQLAlchemy's dialect for psycopg2, but for the types that it would register on the connection."""

    supports_statement_cache = True

    def __init__(self, **options: Any) -> None:
        super().__init__(use_native_hstore=False, **options)  # type: ignore[no-untyped-call]

    def on_connect(self) -> None:
        """Leave the connection as it is."""
