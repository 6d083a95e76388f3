"""Experiments from a file to the rows that a fit gets."""

from datetime import date, datetime, timedelta

FILE = """experiment_id,touchpoint,started_on,ended_on,spend_change,conversions_lift,lift_sd
holdout,search,2025-02-03,2025-03-02,120.00,4.5,1.5
no such channel,radio,2025-02-03,2025-03-02,120,4.5,1.5
backwards,search,2025-03-02,2025-02-03,120,4.5,1.5
sure,search,2025-02-03,2025-03-02,120,4.5,0
too early,search,2024-02-03,2025-03-02,120,4.5,1.5
too late,search,2025-02-03,2025-12-31,120,4.5,1.5
"""


def test_experiments_are_loaded_and_the_unusable_ones_rejected_with_the_reason(
    verified_on_each_target, raw_tables
):
    warehouse = verified_on_each_target("experiments")
    warehouse.execute(
        raw_tables,
        "create table raw.spend (spend_date date, channel text, spend numeric(18, 2))",
    )
    days = [datetime(2025, 1, 1, 12) + timedelta(days=day) for day in range(150)]
    touches = [(f"t{n}", f"c{n}", day, "search", None, None) for n, day in enumerate(days)]
    warehouse.fill("raw.touches", touches)
    warehouse.fill("raw.spend", [(date(2025, 1, 1) + timedelta(days=n), "search", 10) for n in range(150)])
    file = warehouse.folder / "experiments.csv"
    file.write_text(FILE, encoding="utf-8")
    loaded = warehouse.run("conversionflow", "load", "experiments", str(file))
    assert loaded.code == 0, loaded.output
    outcome = warehouse.dbt(
        "build", "--select", "+stg_experiments", "+rejected_rows", "--exclude-resource-type", "test"
    )
    assert outcome.code == 0, outcome.output
    assert warehouse.query("""
        select experiment_id, market, started_on, ended_on, spend_change, conversions_lift, lift_sd
        from stg_experiments
    """) == [("holdout", "all", date(2025, 2, 3), date(2025, 3, 2), 120, 4.5, 1.5)]
    assert warehouse.query("""
        select row_id, reason from rejected_rows where source_table = 'experiments' order by row_id
    """) == [
        ("backwards", "ended_on is before started_on"),
        ("no such channel", "touchpoint has no spend or no touches in that market"),
        ("sure", "lift_sd is missing or not above 0"),
        ("too early", "its days are not all in complete periods"),
        ("too late", "its days are not all in complete periods"),
    ]
