"""Connections as dbt-postgres makes them, under the adapter's own name."""

from dataclasses import dataclass
from typing import Any

from dbt.adapters.contracts.connection import Connection
from dbt.adapters.postgres import PostgresConnectionManager, PostgresCredentials

#: Times without a zone are UTC; the server ends the statement of a client that is gone.
SESSION = "set time zone 'UTC'; set client_connection_check_interval = '5s'"


@dataclass
class PostgrespythonCredentials(PostgresCredentials):
    """What `profiles.yml` holds: the same as for dbt-postgres."""

    @property
    def type(self) -> str:
        """The adapter's name in `profiles.yml`."""
        return "postgrespython"


class PostgrespythonConnectionManager(PostgresConnectionManager):
    """Connections of dbt-postgres whose sessions run in UTC."""

    TYPE = "postgrespython"

    @classmethod
    def open(cls, connection: Connection) -> Any:
        """Open a connection if it is not open yet."""
        was_open = connection.state == "open"
        opened = super().open(connection)
        if not was_open:
            with opened.handle.cursor() as cursor:
                cursor.execute(SESSION)
            # what is set in a transaction goes with it if that is rolled back
            opened.handle.commit()
        return opened
