"""The project's own view and table on DuckDB, which drop and create in one transaction."""

import pytest

RAW = """
    create schema raw;
    create table raw.touches (touch_id text, customer_id text, touched_at timestamp, channel text);
    insert into raw.touches values ('t', 'c', '2025-01-01', 'search');
    create table raw.conversions (conversion_id text, customer_id text, converted_at timestamp);
    insert into raw.conversions values ('k', 'c', '2025-01-02');
    create table stg_path_counts (another integer);
    create view path_count_paths as select 1 as another;
"""
KINDS = """
    select view_name, 'view' from duckdb_views() where not internal
    union all
    select table_name, 'table' from duckdb_tables() where schema_name = 'main'
"""


@pytest.fixture(scope="module")
def built(new_warehouse):
    warehouse = new_warehouse("relations")
    warehouse.execute(RAW)
    assert warehouse.dbt("seed").code == 0
    outcome = warehouse.dbt("run", "--select", "+path_count_paths", "--exclude", "raw_validation")
    assert outcome.code == 0, outcome.output
    return warehouse


def test_a_relation_takes_the_place_of_one_of_another_kind(built):
    kinds = dict(built.query(KINDS))
    assert kinds["stg_path_counts"] == "view"
    assert kinds["path_count_paths"] == "table"
    assert [name for name in kinds if "__dbt" in name] == []
    assert built.query("select path from path_count_paths") == []


def test_a_view_that_cannot_be_made_leaves_the_one_that_was(built):
    built.execute("drop table stg_path_counts_checked")
    before = built.query("select sql from duckdb_views() where view_name = 'stg_path_counts'")
    assert built.dbt("run", "--select", "stg_path_counts").code != 0
    assert built.query("select sql from duckdb_views() where view_name = 'stg_path_counts'") == before != []
