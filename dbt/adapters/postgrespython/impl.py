from dbt.adapters.postgres import PostgresAdapter

from dbt.adapters.postgrespython.connections import PostgrespythonConnectionManager


class PostgrespythonAdapter(PostgresAdapter):
    ConnectionManager = PostgrespythonConnectionManager
