"""Relations of Postgres, as dbt Python models get them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from conversionflow.warehouse.postgres_copy import read_query
from conversionflow.warehouse.relations import Relation

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PostgresConnection  # noqa: N812


class PostgresRelation(Relation):
    """A table or view, read on the connection of the dbt thread that runs the model."""

    def __init__(self, connection: PostgresConnection, name: str) -> None:
        self._connection = connection
        self.name = name

    def arrow(self, **only: str) -> pa.Table:
        """Return the rows."""
        from psycopg2 import sql

        query = sql.SQL(f"select * from {self.name}")  # noqa: S608
        if only:
            conditions = [
                sql.SQL("{} = {}").format(sql.Identifier(column), sql.Literal(value))
                for column, value in only.items()
            ]
            query += sql.SQL(" where ") + sql.SQL(" and ").join(conditions)
        return read_query(self._connection, query.as_string(self._connection))

    def is_empty(self) -> bool:
        """Whether there are no rows."""
        with self._connection.cursor() as cursor:
            cursor.execute(f"select not exists (select 1 from {self.name})")  # noqa: S608
            ((empty,),) = cursor.fetchall()
        return bool(empty)
