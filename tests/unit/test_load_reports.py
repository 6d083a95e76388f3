"""Ad platforms' reports as spend: against sums made by pandas, on files made up here and on real exports."""

from pathlib import Path

import duckdb
import pandas as pd
import pytest
from loading import WhenTableExists, documented, load_file

from conversionflow.core.errors import InputError
from conversionflow.ingest.reports import shipped_reports

EXPORTS = Path(__file__).parents[3] / "shared" / "data" / "ad_platform_reports"
GOOGLE = """_id,date,id,device,clicks,impressions,cost_micros
a,2026-03-01,11,MOBILE,2,20,1230000
b,2026-03-01,11,DESKTOP,3,30,4565000
c,2026-03-01,12,MOBILE,1,10,5000
d,2026-03-02,11,MOBILE,0,5,0
e,2026-03-02,13,MOBILE,0,0,
"""
CAMPAIGNS = """id,updated_at,name
11,2026-01-01T10:00:00,old name
11,2026-02-01T10:00:00,Brand
12,2026-01-01T10:00:00,Generic
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def rows(database: Path, query: str) -> list[tuple]:
    with duckdb.connect(database, read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_micros_become_currency_ids_names_and_a_day_s_rows_one(tmp_path: Path, database: Path) -> None:
    report = written(tmp_path / "google.csv", GOOGLE)
    names = written(tmp_path / "campaigns.csv", CAMPAIGNS)
    loaded = load_file("spend", report, database, report="google_ads", lookups={"campaigns": str(names)})
    assert not loaded.notes
    assert loaded.columns == {
        "spend_date": "DATE",
        "channel": "VARCHAR",
        "campaign": "VARCHAR",
        "spend": "DECIMAL(18,2)",
        "impressions": "BIGINT",
        "clicks": "BIGINT",
    }
    query = (
        "select cast(spend_date as varchar), channel, campaign, cast(spend as varchar), impressions, clicks"
    )
    assert rows(database, f"{query} from raw.spend order by 1, 3") == [
        ("2026-03-01", "paid_search", "Brand", "5.80", 50, 5),
        ("2026-03-01", "paid_search", "Generic", "0.01", 10, 1),
        ("2026-03-02", "paid_search", "13", None, 0, 0),
        ("2026-03-02", "paid_search", "Brand", "0.00", 5, 0),
    ]


def test_without_names_the_ids_stay_and_the_user_is_told(tmp_path: Path, database: Path) -> None:
    loaded = load_file("spend", written(tmp_path / "google.csv", GOOGLE), database, report="google_ads")
    assert list(loaded.notes) == ["id holds ids; their names come with --lookup campaigns=FILE"]
    assert rows(database, "select distinct campaign from raw.spend order by 1") == [("11",), ("12",), ("13",)]


def test_other_names_make_it_another_load(tmp_path: Path, database: Path) -> None:
    report = written(tmp_path / "google.csv", GOOGLE)
    names = written(tmp_path / "campaigns.csv", CAMPAIGNS)

    def load() -> bool:
        key, how = ("spend_date", "channel", "campaign"), WhenTableExists.UPSERT
        lookups = {"campaigns": str(names)}
        return load_file(
            "spend", report, database, report="google_ads", lookups=lookups, existing=how, key=key
        ).skipped

    assert [load(), load()] == [False, True]
    names.write_text(CAMPAIGNS + "13,2026-01-01T10:00:00,Display\n")
    assert not load()


@pytest.mark.parametrize(
    ("text", "report", "message"),
    [
        (GOOGLE.replace("4565000", "4,5"), "google_ads", "line 3 has 8 columns"),
        (GOOGLE.replace("4565000", "much"), "google_ads", "line 3, column cost_micros: cannot read 'much'"),
        (GOOGLE.replace("cost_micros", "cost"), "google_ads", "google_ads needs the column cost_micros"),
        (GOOGLE, "gogle_ads", "There is no mapping gogle_ads. There are google_ads, meta_ads, microsoft_ads"),
        ("date,campaign_id,currency_code,clicks,impressions,spend\n2026-03-01,1,EUR,1,1,1.5\n"
         "2026-03-01,1,USD,1,1,1.5\n", "microsoft_ads", "currency_code is not the same throughout .EUR, USD"),
    ],
)  # fmt: skip
def test_a_bad_report_is_one_message(
    text: str, report: str, message: str, tmp_path: Path, database: Path
) -> None:
    with pytest.raises(InputError, match=message):
        load_file("spend", written(tmp_path / "report.csv", text), database, report=report)
    assert rows(database, "select count(*) from duckdb_tables()") == [(0,)]


OWN = documented(1)


def test_a_mapping_of_one_s_own_is_a_file(tmp_path: Path, database: Path) -> None:
    own = written(tmp_path / "own.yml", OWN)
    text = "Day,Placement,Cost (cents)\n2026-03-01,display,150\n2026-03-01,display,25\n"
    load_file("spend", written(tmp_path / "a.csv", text), database, report=str(own))
    assert rows(database, "select channel, cast(spend as varchar) from raw.spend") == [("display", "1.75")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("table: spend", "table: sales", "is for the table sales, not spend"),
        ("  channel: {from: Placement}\n", "", "does not say where channel comes from"),
        ("spend_date", "spent_on", "columns, spent_on: there is no such column"),
        ("unit: 0.01", "unit: x", "the unit should be a number above 0"),
        ("unit: 0.01", "units: 0.01", r"unknown key units \(did you mean unit\?\)"),
        ("{from: Placement}", "{from: Placement, names: placements}", "describes no names called placements"),
        ("{from: Placement}", "{from: Day}", "day is already taken"),
        ("table: spend", "table: [spend", "is not YAML"),
    ],
)
def test_a_bad_mapping_is_one_message(
    old: str, new: str, message: str, tmp_path: Path, database: Path
) -> None:
    own = written(tmp_path / "own.yml", OWN.replace(old, new))
    with pytest.raises(InputError, match=message):
        load_file("spend", written(tmp_path / "a.csv", "Day\n2026-03-01\n"), database, report=str(own))


def test_the_shipped_mappings_are_those_of_the_docs() -> None:
    assert shipped_reports() == ["google_ads", "meta_ads", "microsoft_ads"]


REAL = {
    "google_ads": ("google_ads_campaign_stats_data", "google_ads_campaign_history_data", "updated_at",
                   {"id": "id", "spend": "cost_micros", "unit": 1e-6, "clicks": "clicks"}),
    "meta_ads": ("facebook_ads_basic_ad_data", None, None,
                 {"id": "ad_id", "spend": "spend", "unit": 1, "clicks": "inline_link_clicks"}),
    "microsoft_ads": ("microsoft_ads_campaign_performance_daily_report_data",
                      "microsoft_ads_campaign_history_data", "modified_time",
                      {"id": "campaign_id", "spend": "spend", "unit": 1, "clicks": "clicks"}),
}  # fmt: skip


@pytest.mark.skipif(not EXPORTS.is_dir(), reason="the reports are not at ../shared/data/ad_platform_reports")
@pytest.mark.parametrize("platform", REAL)
def test_a_real_export_sums_to_what_pandas_counts(platform: str, database: Path) -> None:
    report, history, latest, columns = REAL[platform]
    lookups = {"campaigns": str(EXPORTS / f"{history}.csv")} if history else {}
    load_file("spend", EXPORTS / f"{report}.csv", database, report=platform, lookups=lookups)
    frame = pd.read_csv(EXPORTS / f"{report}.csv", dtype={columns["id"]: str})
    frame["campaign"] = frame[columns["id"]]
    if history:
        names = pd.read_csv(EXPORTS / f"{history}.csv", dtype=str).sort_values(latest)
        frame["campaign"] = (
            frame["campaign"].map(names.groupby("id")["name"].last()).fillna(frame["campaign"])
        )
    frame["money"] = frame[columns["spend"]] * columns["unit"]
    groups = frame.groupby(["date", "campaign"])[["money", "impressions", columns["clicks"]]].sum()
    expected = groups.reset_index().sort_values(["date", "campaign"])
    found = rows(
        database,
        "select cast(spend_date as varchar), campaign, cast(spend as double), impressions, clicks"
        " from raw.spend order by 1, 2",
    )
    assert len(found) == len(expected) > 5
    for row, (day, campaign, money, impressions, clicks) in zip(
        found, expected.itertuples(index=False), strict=True
    ):
        assert (row[0], row[1], row[3], row[4]) == (str(day)[:10], campaign, impressions, clicks)
        assert row[2] == pytest.approx(money, abs=0.005 + 1e-9)
