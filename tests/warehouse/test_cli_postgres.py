"""The commands on a Postgres target of profiles.yml."""

FEW = "10000"
COLUMNS = {
    "raw.touches": "touch_id",
    "raw.conversions": "revenue",
    "raw.sales": "sales_date",
    "raw.spend": "spend",
    "demo_truth.transitions": "touchpoint_from",
}


def test_the_demo_writes_the_same_market_as_into_duckdb(new_warehouse, new_postgres):
    pair = new_warehouse("cli"), new_postgres("cli")
    found = []
    for warehouse in pair:
        # twice: what is the demo's own may be replaced
        for _ in range(2):
            outcome = warehouse.run("conversionflow", "demo", "--events", FEW)
            assert outcome.code == 0, outcome.output
        found.append([described(warehouse, *place) for place in COLUMNS.items()])
    assert found[0] == found[1]
    nothing = pair[1].run("conversionflow", "show")
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
