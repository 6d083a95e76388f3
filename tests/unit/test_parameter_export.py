"""A fit as a file: the same draws and the same plan come back, and anything else is refused."""

import io
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import parameter_tables
import pytest
import xarray as xr
from click.testing import CliRunner

from conversionflow.cli import main
from conversionflow.core.errors import InputError
from conversionflow.estimation import ParameterExport, Response
from conversionflow.optimization import BudgetProblem, GeneticSettings, optimise
from conversionflow.pipeline.parameter_json import from_json, to_json
from conversionflow.pipeline.parameters import parameter_export


@pytest.fixture(scope="module")
def tables():
    return parameter_tables.build()


@pytest.fixture(scope="module")
def exported(tables):
    return parameter_export(tables)


@pytest.fixture(scope="module")
def content(exported):
    return exported.to_netcdf()


def plan_of(response, current):
    problem = BudgetProblem(response.keys, current, current / 2, current * 2, float(current.sum()))
    return optimise(response, problem, GeneticSettings(population=20, generations=8, seed=4)).allocation


def test_a_file_gives_the_plan_that_the_tables_give_to_the_cent(tables, content):
    rows = tables["posterior_draws"][tables["posterior_draws"]["model"] == "journey"]
    from_tables = Response.from_frames("journey", rows, tables["model_constants"])
    read = ParameterExport.from_netcdf(content)
    current = np.array([parameter_tables.SPEND[touchpoint] for _, touchpoint in from_tables.keys])
    assert read.paid["current_spend"].tolist() == current.tolist()
    pd.testing.assert_frame_equal(plan_of(read.response, current), plan_of(from_tables, current))
    plans = current * np.random.default_rng(1).uniform(0.0, 2.0, (5, 3))
    assert np.array_equal(read.response.conversions(plans), from_tables.conversions(plans))


def test_json_gives_the_same_fit_and_the_same_plan_to_the_cent(exported, content):
    read, other = from_json(to_json(exported)), ParameterExport.from_netcdf(content)
    assert read.key == exported.key
    assert read.origin == exported.origin
    current = np.array([parameter_tables.SPEND[touchpoint] for _, touchpoint in other.response.keys])
    pd.testing.assert_frame_equal(plan_of(read.response, current), plan_of(other.response, current))


def test_json_that_was_changed_or_cut_is_refused(exported):
    text = to_json(exported)
    for wrong, message in (
        (text[:-40], "damaged or no such JSON"),
        (text.replace(b"150.0", b"151.0", 1), "its content does not have its key"),
        (text.replace(b'"format_version": 1', b'"format_version": 0'), "version 0, and this package reads"),
        (text.replace(b'"samples"', b'"sample"'), "damaged or no such JSON"),
    ):
        assert wrong != text
        with pytest.raises(InputError, match=message):
            from_json(wrong)


def test_a_file_keeps_where_its_fit_comes_from(exported, content):
    read = ParameterExport.from_netcdf(content)
    assert read.origin == {
        "model": "journey",
        "run_id": "run-1",
        "data_hash": "d" * 64,
        "settings": exported.origin["settings"],
        "versions": '{"conversionflow": "0.1.0"}',
    }
    assert read.settings["credible_mass"] == 0.9
    assert read.key == exported.key


def test_the_order_of_rows_changes_nothing_and_every_part_changes_the_key(tables, exported, content):
    shuffled = {name: table.sample(frac=1.0, random_state=3) for name, table in tables.items()}
    assert parameter_export(shuffled).to_netcdf() == content
    keys = {exported.key}
    for name, column in (("posterior_draws", "value"), ("budget_allocation", "min_spend")):
        keys.add(parameter_export({**tables, name: tables[name].assign(**{column: 0.125})}).key)
    for column in ("settings", "versions", "data_hash"):
        manifest = tables["run_manifest"].assign(**{column: "{}"})
        keys.add(parameter_export({**tables, "run_manifest": manifest}).key)
    assert len(keys) == 6


def test_other_tools_read_the_draws(tables, content):
    dataset = xr.load_dataset(io.BytesIO(content), engine="h5netcdf")
    slope = dataset["value"].where(
        (dataset["parameter"] == "beta1") & (dataset["touchpoint"] == "vidéo"), drop=True
    )
    rows = tables["posterior_draws"].query("model == 'journey' and parameter == 'beta1'")
    wanted = rows[rows["touchpoint"] == "vidéo"].sort_values(["chain", "draw"])["value"]
    assert slope.to_numpy().ravel().tolist() == wanted.tolist()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_file_that_was_cut_is_refused(content, share):
    with pytest.raises(InputError, match=r"damaged .* conversionflow export parameters"):
        ParameterExport.from_netcdf(content[: int(share * len(content))])


def test_a_changed_value_is_found(content):
    place = content.rindex(np.float64(parameter_tables.SPEND["retargeting"]).tobytes())
    changed = content[:place] + np.float64(151.0).tobytes() + content[place + 8 :]
    with pytest.raises(InputError, match="its content does not have its key"):
        ParameterExport.from_netcdf(changed)


def rewritten(content, **attributes):
    dataset = xr.load_dataset(io.BytesIO(content), engine="h5netcdf").assign_attrs(attributes)
    return bytes(dataset.to_netcdf(engine="h5netcdf"))


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"format_version": 0}, "of version 0 of the format and this package reads 1; write it again"),
        ({"format": "else"}, "was not written by: conversionflow export parameters"),
        ({"settings": "{}"}, "its content does not have its key"),
    ],
)
def test_another_version_or_origin_is_refused(content, attributes, message):
    with pytest.raises(InputError, match=message):
        ParameterExport.from_netcdf(rewritten(content, **attributes))


def test_a_file_without_a_part_is_refused(content):
    dataset = xr.load_dataset(io.BytesIO(content), engine="h5netcdf").drop_vars("paid_market")
    with pytest.raises(InputError, match=r"damaged .*a part is missing"):
        ParameterExport.from_netcdf(bytes(dataset.to_netcdf(engine="h5netcdf")))


@pytest.mark.parametrize(
    ("table", "rows", "message"),
    [
        ("posterior_draws", slice(1, None), "posterior_draws of model 'journey' are incomplete"),
        ("budget_allocation", slice(1, None), "no row of Italy / ads"),
        ("budget_plans", slice(0), "made no plan, so there is nothing to export"),
        ("run_manifest", slice(0, 1), "is of run run-1, and not so run_manifest"),
    ],
)
def test_tables_that_lack_rows_are_refused(tables, table, rows, message):
    own = tables[table]
    if table == "posterior_draws":
        own = own[own["model"] == "journey"]
    with pytest.raises(InputError, match=message):
        parameter_export({**tables, table: own.iloc[rows]})


def test_tables_of_two_builds_are_refused(tables):
    older = tables["posterior_draws"].assign(run_id="run-0")
    with pytest.raises(InputError, match=r"is of run run-1, and not so posterior_draws: .* dbt build"):
        parameter_export({**tables, "posterior_draws": older})


@pytest.fixture
def warehouse(tables, tmp_path):
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(path) as connection:
        for name, table in tables.items():
            connection.register("given", table)
            connection.execute(f"create table {name} as select * from given")  # noqa: S608
            connection.unregister("given")
    return path


def command(warehouse: Path, file: Path):
    arguments = ["export", "parameters", str(file), "--database", str(warehouse)]
    return CliRunner().invoke(main, arguments)


def test_the_command_writes_the_file_in_place_of_an_older_one(warehouse, tmp_path, content, exported):
    file = tmp_path / "fit.nc"
    file.write_text("older")
    result = command(warehouse, file)
    assert result.exit_code == 0, result.stderr
    assert "40 draws of 44 quantities of model journey" in result.stdout
    assert exported.key in result.stdout
    assert file.read_bytes() == content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fit.nc", "warehouse.duckdb"]


def test_the_name_of_the_file_chooses_its_format(warehouse, tmp_path, exported):
    file = tmp_path / "fit.json"
    assert command(warehouse, file).exit_code == 0
    assert from_json(file.read_bytes()).key == exported.key


def test_a_place_that_cannot_be_written_is_named(warehouse, tmp_path):
    result = command(warehouse, tmp_path / "none" / "fit.nc")
    assert result.exit_code == 2
    assert f"{tmp_path / 'none' / 'fit.nc'} cannot be written: No such file or directory" in result.stderr


def test_a_warehouse_without_a_build_says_so(tmp_path):
    path = tmp_path / "empty.duckdb"
    duckdb.connect(path).close()
    result = command(path, tmp_path / "fit.nc")
    assert result.exit_code == 2
    assert "holds no plan yet. Make one with: dbt build" in result.stderr
