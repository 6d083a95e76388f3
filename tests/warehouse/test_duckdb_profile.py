"""The project's profile on DuckDB."""


def test_the_greatest_row_is_one_that_is_there(new_warehouse):
    warehouse = new_warehouse("profile")
    warehouse.execute(
        "create table numbers as select if(i = 5, 5000000, i) as i from range(300000) as r(i)",
        "delete from numbers where i = 5000000",
    )
    outcome = warehouse.dbt("show", "--inline", "select i from numbers order by i desc", "--limit", "1")
    assert "299999" in outcome.output
