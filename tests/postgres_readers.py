"""Dashboards of a Postgres warehouse: they read all the while, and want to see the same rows each time."""

import threading
import time
from contextlib import closing

import conftest
import psycopg2


def left_over(warehouse) -> list[tuple]:
    """Tables and views of the names that a build gives only for a while."""
    return warehouse.query(
        r"select relname from pg_class where relname like '%\_\_dbt\_%' and relkind in ('r', 'v')"
    )


class Readers:
    """Threads that send one query each, over and over, and keep every error and every other answer."""

    def __init__(self, warehouse, queries: list[str]) -> None:
        self.warehouse, self.wrong, self.reads = warehouse, [], 0
        self.done = threading.Event()
        self.threads = [threading.Thread(target=self.read, args=(query,)) for query in queries]

    def read(self, query: str) -> None:
        wanted = self.warehouse.query(query)
        options = f"-c search_path={self.warehouse.schema}"
        with closing(conftest.connect(self.warehouse.server, self.warehouse.name, options)) as connection:
            connection.autocommit = True
            while not self.done.is_set():
                try:
                    with connection.cursor() as cursor:
                        cursor.execute(query)
                        found = cursor.fetchall()
                    if found != wanted:
                        self.wrong.append((query, wanted, found))
                except psycopg2.Error as error:
                    self.wrong.append((query, str(error)))
                self.reads += 1
                time.sleep(0.005)

    def __enter__(self) -> "Readers":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        for thread in self.threads:
            thread.join()
