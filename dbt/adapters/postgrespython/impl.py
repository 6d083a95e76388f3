"""dbt-postgres with Python models, which run in dbt's own process on dbt's own connection."""

from typing import Any

import pyarrow as pa
from dbt.adapters.postgres import PostgresAdapter

from conversionflow.warehouse.local_models import LocalModels
from conversionflow.warehouse.postgres_copy import write_table
from conversionflow.warehouse.postgres_relations import PostgresRelation
from dbt.adapters.postgrespython.connections import PostgrespythonConnectionManager


class PostgrespythonAdapter(LocalModels, PostgresAdapter):
    """The adapter `postgrespython`."""

    ConnectionManager = PostgrespythonConnectionManager

    def model_session(self) -> Any:
        """Return the thread's psycopg2 connection, in a transaction."""
        connection = self.connections.get_thread_connection()
        if not connection.transaction_open:
            self.connections.begin()
        return connection.handle

    def read_relation(self, name: str) -> PostgresRelation:
        """Return a relation that is read by COPY."""
        return PostgresRelation(self.model_session(), name)

    def write_relation(self, name: str, rows: pa.RecordBatchReader, *, temporary: bool) -> int:
        """Write a table by COPY."""
        return write_table(self.model_session(), name, rows, temporary=temporary)
