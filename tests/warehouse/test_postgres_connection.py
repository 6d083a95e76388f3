"""Passwords and TLS of the target postgres: dbt's own connection, and that of `conversionflow`."""

import time
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest
import trustme
from tls_server import tls_in_front_of

PROJECT = Path(__file__).parent / "postgres_project"
PASSWORD = "not-in-any-log'\"\\"  # noqa: S105


@pytest.fixture
def warehouse(new_postgres):
    return new_postgres("connection", PROJECT)


@pytest.fixture
def with_password(warehouse):
    """The same database for a role that needs its password."""
    warehouse.execute(
        f"create role guarded login superuser password $${PASSWORD}$$",
        f"alter database {warehouse.name} owner to guarded",
    )
    [(file,)] = warehouse.query("show hba_file")
    rules = Path(file).read_text(encoding="utf-8")
    Path(file).write_text(f"local all guarded scram-sha-256\n{rules}", encoding="utf-8")
    warehouse.query("select pg_reload_conf()")
    guarded = replace(warehouse, server=replace(warehouse.server, user="guarded"))
    # the server reads its rules when it comes to it; until then anyone may enter
    while enters_without_password(guarded):
        time.sleep(0.05)
    yield guarded
    Path(file).write_text(rules, encoding="utf-8")
    warehouse.query("select pg_reload_conf()")


def enters_without_password(warehouse) -> bool:
    try:
        return warehouse.query("select 1") == [(1,)]
    except psycopg2.OperationalError:
        return False


def answers(warehouse) -> tuple[str, str]:
    """What dbt and the command say of the connection."""
    dbt, show = warehouse.dbt("debug"), warehouse.run("conversionflow", "show")
    assert show.code == 2
    return dbt.output, show.output


def test_a_password_comes_from_the_environment_and_goes_nowhere_else(with_password, monkeypatch):
    monkeypatch.setenv("DBT_ENV_SECRET_PGPASSWORD", PASSWORD)
    dbt, show = answers(with_password)
    assert "OK connection ok" in dbt
    assert "holds no plan yet" in show
    monkeypatch.setenv("DBT_ENV_SECRET_PGPASSWORD", PASSWORD + "x")
    refused = answers(with_password)
    for text in refused:
        assert 'password authentication failed for user "guarded"' in text
    logs = [file.read_text(encoding="utf-8") for file in (with_password.folder / "logs").iterdir()]
    assert logs
    assert PASSWORD not in "".join([dbt, show, *refused, *logs])


def test_tls_is_used_and_its_certificate_verified(warehouse, monkeypatch, tmp_path):
    place = f"{warehouse.server.host}/.s.PGSQL.{warehouse.server.port}"
    with tls_in_front_of(place, tmp_path) as (port, root):
        secured = replace(warehouse, server=replace(warehouse.server, host="localhost", port=port))
        monkeypatch.setenv("PGSSLROOTCERT", str(root))
        monkeypatch.setenv("PGSSLMODE", "verify-full")
        dbt, show = answers(secured)
        assert "OK connection ok" in dbt
        assert "holds no plan yet" in show
        monkeypatch.setenv("PGSSLMODE", "disable")
        for text in answers(secured):
            assert "server closed the connection" in text
        monkeypatch.setenv("PGSSLMODE", "verify-full")
        trustme.CA().cert_pem.write_to_path(str(root))
        for text in answers(secured):
            assert "certificate verify failed" in text
