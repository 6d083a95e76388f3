"""The commands on a Postgres target of profiles.yml."""

import parameter_tables

from conversionflow.pipeline.parameters import parameter_export

FEW = "10000"
COLUMNS = {
    "raw.touches": "touch_id",
    "raw.conversions": "revenue",
    "raw.sales": "sales_date",
    "raw.spend": "spend",
    "demo_truth.transitions": "touchpoint_from",
}


def test_the_demo_writes_the_same_market_as_into_duckdb(new_warehouse, new_postgres):
    one, other = new_warehouse("cli"), new_postgres("cli")
    # twice: what is the demo's own may be replaced
    for warehouse in (one, other, other):
        outcome = warehouse.run("conversionflow", "demo", "--events", FEW)
        assert outcome.code == 0, outcome.output
    found = [[described(warehouse, *place) for place in COLUMNS.items()] for warehouse in (one, other)]
    assert found[0] == found[1]
    nothing = other.run("conversionflow", "show")
    assert nothing.code == 2
    assert "holds no plan yet. Make one with: dbt build" in nothing.output


def described(warehouse, table, column):
    return warehouse.query(f"select count(*), min({column}), max({column}) from {table}")  # noqa: S608


def test_the_demo_leaves_rows_of_others_alone(new_postgres):
    warehouse = new_postgres("own")
    assert warehouse.run("conversionflow", "demo", "--events", FEW).code == 0
    warehouse.execute("comment on table raw.sales is null")
    outcome = warehouse.run("conversionflow", "demo", "--events", FEW)
    assert outcome.code == 2
    assert "These tables are not the demo's: raw.sales (" in outcome.output
    file = warehouse.folder / "sales.csv"
    file.write_text("sales_date,market,orders,revenue\n2026-03-01,Italy,1,2\n")
    loaded = warehouse.run("conversionflow", "load", "sales", str(file), "--replace")
    assert loaded.code == 0, loaded.output
    assert "Still simulated by the demo, not yours: raw.conversions, raw.spend, raw.touches" in loaded.output


def test_parameters_are_exported_as_from_duckdb(new_postgres):
    warehouse, tables = new_postgres("export"), parameter_tables.build()
    for name, table in tables.items():
        columns = {column: postgres_type(column, table[column].dtype.kind) for column in table}
        described = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        warehouse.execute("create schema if not exists conversionflow", f"create table {name} ({described})")
        warehouse.fill(name, list(table.astype(object).itertuples(index=False, name=None)))
    file = warehouse.folder / "fit.nc"
    outcome = warehouse.run("conversionflow", "export", "parameters", str(file))
    assert outcome.code == 0, outcome.output
    assert file.read_bytes() == parameter_export(tables).to_netcdf()


def postgres_type(column: str, kind: str) -> str:
    if column.endswith("_spend"):
        return "numeric(18, 2)"
    return {"i": "bigint", "f": "double precision"}.get(kind, "text")
