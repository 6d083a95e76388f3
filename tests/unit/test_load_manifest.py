"""Many tables at once from `sources.yml`, and targets from `profiles.yml`."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import duckdb
import psycopg2
import pytest
from click.testing import CliRunner, Result
from loading import documented
from postgres_server import PostgresServer

from conversionflow.cli import main
from conversionflow.core.errors import InputError
from conversionflow.warehouse.profiles import Target, find_target

MANIFEST = documented(0)
FILES = {
    "touches_1.csv": "touch_id,customer_id,Event time,channel\nt1,c1,2026-03-01,search\n",
    "touches_2.csv": "touch_id,customer_id,Event time,channel\nt2,c1,2026-03-02,search\n",
    "sales.csv": "sales_date;orders;revenue\n01.03.2026;2;1.234,50\n",
    "google.csv": "date,id,cost_micros,impressions,clicks\n2026-03-01,11,5000000,10,1\n",
    "campaigns.csv": "id,name,updated_at\n11,Brand,2026-01-01\n",
}
PROFILE = """
conversionflow:
  target: "{{ env_var('MY_TARGET', 'file') }}"
  outputs:
    file: {type: duckdb, path: "{{ env_var('MY_FOLDER', 'data') }}/w.duckdb"}
    memory: {type: duckdb, path: ":memory:"}
    server:
      type: postgres
      host: "{{ env_var('MY_HOST') }}"
      port: "{{ env_var('MY_PORT', '5432') | as_number }}"
      user: "{{ env_var('MY_USER', 'me') }}"
      password: "{{ env_var('DBT_ENV_SECRET_MINE', '') }}"
      dbname: "{{ env_var('MY_DATABASE', 'shop') }}"
      schema: marts
    lake: {type: spark, host: h}
    broken: {type: duckdb, path: "{{ nothing( }}"}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder, from within which the tests run."""
    (tmp_path / "dbt_project.yml").write_text("name: x\nprofile: conversionflow\n")
    (tmp_path / "profiles.yml").write_text(PROFILE)
    (tmp_path / "sources.yml").write_text(MANIFEST)
    (tmp_path / "exports").mkdir()
    (tmp_path / "data").mkdir()
    for name, text in FILES.items():
        (tmp_path / "exports" / name).write_text(text)
    (tmp_path / "models").mkdir()
    monkeypatch.chdir(tmp_path / "models")
    for name in ("DBT_PROFILES_DIR", "DBT_TARGET", "CONVERSIONFLOW_DUCKDB_PATH"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def database(postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    """A new database on the tests' server, which the target `server` means."""
    name = f"target_{uuid4().hex}"
    place = {"host": postgres_server.host, "port": postgres_server.port, "user": postgres_server.user}
    execute({**place, "dbname": postgres_server.dbname}, f"create database {name}")
    monkeypatch.setenv("MY_HOST", postgres_server.host)
    monkeypatch.setenv("MY_PORT", str(postgres_server.port))
    monkeypatch.setenv("MY_DATABASE", name)
    monkeypatch.setenv("MY_USER", postgres_server.user)
    yield {**place, "dbname": name}
    execute({**place, "dbname": postgres_server.dbname}, f"drop database {name}")


def execute(settings: dict[str, object], statement: str) -> list[tuple]:
    connection = psycopg2.connect(**settings)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["load", *(str(argument) for argument in arguments)])


EVERYTHING = """
    select (select count(*) from raw.touches), (select cast(sum(revenue) as varchar) from raw.sales),
    (select campaign from raw.spend)
"""


def test_many_tables_load_at_once_and_only_once(project: Path) -> None:
    first = run("--sources", project / "sources.yml")
    assert first.exit_code == 0, first.output
    second = run("--sources", project / "sources.yml")
    assert second.exit_code == 0, second.output
    assert second.stdout.count("nothing changed") == 4
    with duckdb.connect(project / "data" / "w.duckdb", read_only=True) as connection:
        assert connection.execute(EVERYTHING).fetchall() == [(2, "1234.50", "Brand")]


def test_the_same_goes_into_postgres(
    project: Path, database: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_FOLDER", "nowhere")
    server = PostgresServer(**database)  # type: ignore[arg-type]
    loaded = run("--sources", project / "sources.yml", "--target", "server")
    assert loaded.exit_code == 0, loaded.output
    assert f"1 rows loaded into raw.spend of {server.dbname} on {server.host}" in loaded.stdout
    assert execute(database, EVERYTHING) == [(2, "1234.50", "Brand")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("sources:", "source:", r"unknown key source \(did you mean sources\?\)"),
        ("table: sales", "tabel: sales", r"source 2 has the unknown key tabel \(did you mean table\?\)"),
        (
            "mode: append",
            "mode: apend",
            "source 1: the mode should be one of refuse, replace, append, upsert",
        ),
        ("    key: sales_date\n", "", "An upsert needs the key columns"),
        ("from: exports/google.csv", "from: 5", "source 3: from should be a text or a list of texts"),
        ('decimal_mark: ","', 'decimal_mark: ";"', "decimal_mark should be"),
        ("map: {touched_at: Event time}", "map: touched_at", "map should have names and texts"),
        ("mapping: google_ads", "mapping: own.yml", "There is no mapping .*own.yml"),
        ("exports/sales.csv", "exports/sale.csv", "There is no file .*exports/sale.csv"),
    ],
)
def test_a_bad_manifest_is_one_message(old: str, new: str, message: str, project: Path) -> None:
    (project / "sources.yml").write_text(MANIFEST.replace(old, new))
    refused = run("--sources", project / "sources.yml")
    assert refused.exit_code == 2
    assert re.search(message, refused.stderr), refused.stderr


def test_a_target_is_what_the_profile_says(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_target(None).path == project / "data" / "w.duckdb"
    monkeypatch.setenv("MY_FOLDER", "/elsewhere")
    assert find_target("file").path == Path("/elsewhere/w.duckdb")
    monkeypatch.setenv("MY_HOST", "db.example")
    monkeypatch.setenv("DBT_ENV_SECRET_MINE", "geheim")
    assert find_target("server") == Target(
        "shop on db.example",
        None,
        {"host": "db.example", "port": "5432", "user": "me", "password": "geheim", "dbname": "shop"},
        schema="marts",
    )
    monkeypatch.setenv("MY_TARGET", "server")
    assert find_target(None).name == "shop on db.example"
    assert find_target(None, Path("/x.duckdb")).path == Path("/x.duckdb")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("server", "asks for the environment variable MY_HOST, which is not set"),
        ("serve", "has no target serve. It has file, memory, server, lake, broken"),
        ("memory", "is not a file"),
        ("lake", "a spark target is not one that load can write into"),
        ("broken", "cannot be read"),
    ],
)
def test_a_target_that_is_not_there_is_one_message(
    name: str, message: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MY_HOST", raising=False)
    with pytest.raises(InputError, match=message):
        find_target(name)
    with pytest.raises(InputError, match="either --target or --database"):
        find_target(name, Path("x.duckdb"))


def test_without_a_profile_there_is_the_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "profiles.yml").unlink()
    monkeypatch.setenv("HOME", str(project))
    assert find_target(None).path == project / "conversionflow.duckdb"
    with pytest.raises(InputError, match=r"no profiles\.yml in the project"):
        find_target("server")


def test_a_server_s_password_is_not_printed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_HOST", "127.0.0.1")
    monkeypatch.setenv("MY_PORT", "1")
    monkeypatch.setenv("DBT_ENV_SECRET_MINE", "geheim")
    refused = run("--sources", project / "sources.yml", "--target", "server")
    assert refused.exit_code == 2
    assert "The warehouse shop on 127.0.0.1 cannot be reached" in refused.stderr
    assert "geheim" not in refused.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("touches",), "Name a table and at least one file"),
        (("touches", "x.csv", "--sources", "sources.yml"), "--sources stands alone"),
        (("touches", "x.csv", "--append", "--upsert", "a"), "--upsert and --append exclude each other"),
    ],
)
def test_arguments_that_contradict_each_other_are_refused(
    arguments: tuple[str, ...], message: str, project: Path
) -> None:
    refused = run(*arguments)
    assert refused.exit_code == 2
    assert message in refused.stderr
