import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from conversionflow.cli import main

TOUCHES = "touch_id,customer_id,touched_at,channel\nt1,c1,2026-03-01 09:30:00,search\n"
FEW = "10000"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "warehouse.duckdb"
    monkeypatch.setenv("CONVERSIONFLOW_DUCKDB_PATH", str(path))
    return path


@pytest.fixture
def touches(tmp_path: Path) -> Path:
    path = tmp_path / "touches.csv"
    path.write_text(TOUCHES, encoding="utf-8")
    return path


@pytest.fixture
def locked(database: Path) -> Iterator[subprocess.Popen[str]]:
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", script, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
        holder.communicate()


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def one(database: Path, query: str) -> object:
    with duckdb.connect(database, read_only=True) as connection:
        found = connection.execute(query).fetchone()
    assert found is not None
    return found[0]


def test_load_prints_what_it_loaded(database: Path, touches: Path) -> None:
    result = run("load", "touches", touches)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"1 rows loaded into raw.touches of {database} in ")
    assert [line.split() for line in result.stdout.splitlines()[1:]] == [
        ["touch_id", "VARCHAR"],
        ["customer_id", "VARCHAR"],
        ["touched_at", "TIMESTAMP"],
        ["channel", "VARCHAR"],
    ]


def test_an_error_is_one_message_on_stderr_and_exit_code_2(database: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(TOUCHES.replace("2026", "year"), encoding="utf-8")
    result = run("load", "touches", bad)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(
        f"Error: {bad}, line 2, column touched_at: cannot read 'year-03-01 09:30:00'"
    )
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--map", "touched_at"), "should read COLUMN=NAME_IN_THE_FILE"),
        (("--map", "=x"), "should read COLUMN=NAME_IN_THE_FILE"),
        (("--map", "a=x", "--map", "a=y"), "a is mapped twice"),
    ],
)
def test_a_malformed_map_is_refused(
    options: tuple[str, ...], message: str, database: Path, touches: Path
) -> None:
    result = run("load", "touches", touches, *options)
    assert result.exit_code == 2
    assert message in result.stderr


def test_load_takes_the_options_to_the_file(database: Path, tmp_path: Path) -> None:
    spend = tmp_path / "spend.csv"
    spend.write_text("day,channel,spend\n2026-03-01,search,1.255\n", encoding="utf-8")
    options = ("--map", "spend_date=day", "--round-money", "--schema", "source")
    assert run("load", "spend", spend, *options).exit_code == 0
    assert "nothing changed" in run("load", "spend", spend, *options).stdout
    assert run("load", "spend", spend, *options, "--append", "--again").exit_code == 0
    assert str(one(database, "select sum(spend) from source.spend")) == "2.52"
    assert run("load", "spend", spend, *options, "--replace").exit_code == 0
    assert str(one(database, "select sum(spend) from source.spend")) == "1.26"


def test_a_warehouse_in_use_is_named_with_its_process(
    database: Path, touches: Path, locked: subprocess.Popen[str]
) -> None:
    result = run("load", "touches", touches)
    assert result.exit_code == 2
    assert f"{database} is in use by process {locked.pid}" in result.stderr


def test_a_file_that_is_no_warehouse_is_named(touches: Path) -> None:
    result = run("load", "touches", touches, "--database", touches)
    assert result.exit_code == 2
    assert f"{touches} is not a DuckDB database" in result.stderr
    assert touches.read_text(encoding="utf-8") == TOUCHES


def test_a_folder_is_no_warehouse(touches: Path, tmp_path: Path) -> None:
    result = run("load", "touches", touches, "--database", tmp_path)
    assert result.exit_code == 2
    assert f"{tmp_path} is not a DuckDB database" in result.stderr


def test_a_missing_folder_is_named(touches: Path, tmp_path: Path) -> None:
    result = run("load", "touches", touches, "--database", tmp_path / "none" / "w.duckdb")
    assert result.exit_code == 2
    assert f"folder of the warehouse does not exist: {tmp_path / 'none'}" in result.stderr


def test_demo_writes_raw_tables_and_truth_and_may_be_run_again(database: Path) -> None:
    first = run("demo", "--events", FEW)
    assert first.exit_code == 0, first.stderr
    for name in ("touches", "conversions", "spend", "sales"):
        assert f"raw.{name} " in first.stdout
        assert one(database, f"select count(*) from raw.{name}") != 0  # noqa: S608
    tables = "select count(*) from duckdb_tables() where schema_name = 'demo_truth'"
    assert one(database, tables) != 0
    checksum = "select bit_xor(hash(touches)) from raw.touches"
    before = one(database, checksum)
    assert run("demo", "--events", FEW).exit_code == 0
    assert one(database, checksum) == before
    assert run("demo", "--events", FEW, "--seed", "2").exit_code == 0
    assert one(database, checksum) != before


@pytest.mark.parametrize("how", ["--replace", "--append"])
def test_demo_does_not_overwrite_data_that_are_not_its_own(how: str, database: Path, touches: Path) -> None:
    run("demo", "--events", FEW)
    columns = "campaign,market,interaction,cost"
    touches.write_text(TOUCHES.replace("channel\n", f"channel,{columns}\n").replace("search", "search,,,,"))
    loaded = run("load", "touches", touches, how)
    assert loaded.exit_code == 0, loaded.stderr
    assert "Still simulated by the demo, not yours: raw.conversions, raw.sales, raw.spend" in loaded.stderr
    count = one(database, "select count(*) from raw.touches")
    refused = run("demo", "--events", FEW)
    assert refused.exit_code == 2
    assert "not the demo's: raw.touches" in refused.stderr
    assert one(database, "select count(*) from raw.touches") == count
    assert run("demo", "--events", FEW, "--replace").exit_code == 0
    assert one(database, "select count(*) from raw.touches where touch_id = 't1'") == 0


def test_a_demo_that_fails_half_way_leaves_the_warehouse_as_it_was(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("demo", "--events", FEW)
    count = one(database, "select count(*) from raw.touches")

    def broken(_world: object) -> dict[str, object]:
        raise RuntimeError("no truth today")

    monkeypatch.setattr("conversionflow.simulation.truth_tables", broken)
    assert isinstance(run("demo", "--events", "20000").exception, RuntimeError)
    assert one(database, "select count(*) from raw.touches") == count


def test_version_and_help() -> None:
    assert run("--version").stdout.startswith("conversionflow, version ")
    for arguments in (("--help",), ("load", "--help"), ("demo", "--help")):
        assert run(*arguments).exit_code == 0


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from conversionflow.cli import main\n"
        "assert CliRunner().invoke(main, ['--help']).exit_code == 0\n"
        "heavy = {'pymc', 'great_expectations', 'dbt', 'pandas', 'scipy'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ.copy()
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [(["--version"], 0, "conversionflow, version "), (["show"], 2, "There is no warehouse at ")],
)
def test_the_process_ends_with_the_commands_status_and_all_it_said(
    arguments: list[str], status: int, said: str, tmp_path: Path
) -> None:
    script = Path(sys.executable).with_name("conversionflow")
    environment = {**os.environ, "CONVERSIONFLOW_DUCKDB_PATH": str(tmp_path / "none.duckdb")}
    done = subprocess.run(  # noqa: S603
        [script, *arguments], capture_output=True, text=True, check=False, env=environment
    )
    assert (done.returncode, said in done.stdout + done.stderr) == (status, True), done


def test_an_error_of_the_code_ends_the_process_with_its_traceback() -> None:
    script = (
        "from conversionflow import cli\n"
        "@cli.main.command()\n"
        "def broken():\n"
        "    raise RuntimeError('not on purpose')\n"
        "import sys; sys.argv[1:] = ['broken']\n"
        "cli.command()\n"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "RuntimeError: not on purpose" in done.stderr
