"""Journeys kept up to date by customer, against the plain reference and a full build."""

import random
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from journey_reference import (
    JOURNEYS,
    Conversion,
    Journey,
    Rules,
    Touch,
    found_rows,
    journeys,
    path_counts,
    period_touches,
    resolve,
    transitions,
    wanted_rows,
)

#: A batch; views of what is built follow by themselves.
BATCH = ["+built_inputs", "long_paths", "transition_counts", "path_summary", "periods"]
BUILT = [
    "+built_inputs",
    "+path_summary",
    "+transition_counts",
    "+periods",
    "+path:models/journeys/journeys.sql",
    "journey_touches",
    "path_steps",
]
#: What builds that stop before the end have not done: nothing may be forgotten, nor counted twice.
STOPS = [
    ["built_inputs"],
    ["built_inputs", "transition_counts", "path_summary", "periods"],
    ["path_summary"],
    ["built_inputs", "transition_counts"],
    ["journey_events", "long_paths", "transition_counts", "path_summary", "periods", "built_inputs"],
]
TABLES = [
    "journey_events",
    "journeys",
    "journey_touches",
    "path_steps",
    "transition_counts",
    "path_summary",
    "periods",
]
RAW = """
    create schema raw;
    create table raw.touches (
        touch_id text, customer_id text, touched_at timestamp, channel text, market text
    );
    create table raw.conversions (
        conversion_id text, customer_id text, converted_at timestamp, revenue decimal(18, 2), market text
    );
    create table raw.customer_aliases (customer_id text, canonical_customer_id text);
"""


class History:
    """Raw rows that grow, are corrected and go, batch after batch, in no order of time."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.touches: list[Touch] = []
        self.conversions: list[Conversion] = []
        self.aliases: dict[str, str] = {}
        self.ids = 0
        self.first_day = 0

    def customer(self) -> str:
        return (
            f"c{self.random.randrange(40)}" if self.random.random() < 0.9 else f"x{self.random.randrange(6)}"
        )

    def time(self) -> datetime | None:
        if self.random.random() < 0.01:
            return None
        # whole hours, so that many events share an instant
        return datetime(2025, 1, 1) + timedelta(hours=self.random.randrange(self.first_day * 24, 200 * 24))

    def event_id(self, kind: str) -> str:
        """A new id, or one that another row has too."""
        self.ids += 1
        return f"{kind}{self.ids if self.random.random() < 0.95 else self.random.randrange(self.ids)}"

    def touch(self) -> Touch:
        channel = self.random.choice(["search", "search", "email", "social", "a > b", None])
        return Touch(
            self.event_id("t"), self.customer(), self.time(), channel, self.random.choice(["IT", None])
        )

    def conversion(self) -> Conversion:
        revenue = self.random.choice([None, Decimal("0.00"), Decimal("19.99"), Decimal("-1.00")])
        return Conversion(
            self.event_id("k"), self.customer(), self.time(), revenue, self.random.choice(["IT", "ES"])
        )

    def batch(self) -> set[str]:
        """Change some rows; return the customers that this may concern."""
        before = Counter(self.touches), Counter(self.conversions), dict(self.aliases)
        # of any day, or of the last days only, so that earlier journeys stay
        self.first_day = self.random.choice([0, 150, 185]) if self.touches else 0
        self.touches += [self.touch() for _ in range(self.random.randrange(40))]
        self.conversions += [self.conversion() for _ in range(self.random.randrange(6))]
        for rows in (self.touches, self.conversions):
            for _ in range(self.random.randrange(4)):
                at = self.random.choice(
                    [place for place, row in enumerate(rows) if self.is_of_these_days(row)] + [len(rows)]
                )
                # corrected, or gone
                rows[at : at + 1] = [
                    self.corrected(row) for row in rows[at : at + 1] if self.random.random() < 0.6
                ]
            rows += [self.copied(row) for row in self.random.choices(rows, k=2 if rows else 0)]
            self.random.shuffle(rows)
        if self.random.random() < 0.4:
            number = self.random.randrange(6)
            if self.aliases.pop(f"x{number}", None) is None:
                self.aliases[f"x{number}"] = self.random.choice([f"x{number + 1}", f"c{number}"])
        return self.concerned(*before)

    def is_of_these_days(self, row) -> bool:
        return not self.first_day or (row[2] or datetime.min) >= datetime(2025, 1, 1) + timedelta(
            days=self.first_day
        )

    def corrected(self, row):
        if isinstance(row, Touch):
            return row._replace(touched_at=self.time(), channel="video")
        return row._replace(revenue=Decimal("5.00"), market="IT")

    def copied(self, row):
        """The row once more, beside another event of the day, or as an event of another customer."""
        if self.random.random() < 0.5:
            return row._replace(customer_id=f"x{self.random.randrange(6)}")
        if row[2] is not None:
            self.touches.append(self.touch()._replace(customer_id=row.customer_id, touched_at=row[2]))
        return row

    def concerned(
        self, touches: Counter[Touch], conversions: Counter[Conversion], aliases: dict[str, str]
    ) -> set[str]:
        before, after = touches + conversions, Counter([*self.touches, *self.conversions])
        rows = before | after
        ids = {row[0] for row in (before - after) + (after - before)}
        # a row that is rejected as a copy of another counts as changed whenever its day does
        ids |= {key for key, count in Counter(row[0] for row in rows.elements()).items() if count > 1}
        names = {row.customer_id for row in rows if row[0] in ids}
        names |= {
            alias
            for alias in aliases | self.aliases
            if resolve(aliases, alias) != resolve(self.aliases, alias)
        }
        return names | {resolve(known, name) for name in names for known in (aliases, self.aliases)}

    def write(self, warehouse) -> None:
        warehouse.fill("raw.touches", self.touches)
        warehouse.fill("raw.conversions", self.conversions)
        warehouse.fill("raw.customer_aliases", list(self.aliases.items()))


@pytest.fixture(
    scope="module",
    params=[
        ("warehouse", 8),
        pytest.param(("warehouse", 20), marks=pytest.mark.verify),
        pytest.param(("postgres", 8), marks=pytest.mark.verify),
    ],
    ids=lambda played: f"{played[1]} batches, {played[0]}",
)
def played(request):
    """A warehouse after the last batch, each one checked on the way."""
    target, batches = request.param
    warehouse = request.getfixturevalue(f"new_{target}")("incremental")
    warehouse.execute(RAW)
    history = History(seed=11)
    assert warehouse.dbt("seed").code == 0
    concerned: set[str] = set()
    runs: set[str] = set()
    stops = {round((place + 0.4) * batches / len(STOPS)): missed for place, missed in enumerate(STOPS)}
    for number in range(batches):
        concerned |= history.batch()
        history.write(warehouse)
        # now and then as if killed before the end
        missed = stops.get(number, [])
        build(warehouse, *missed, wanted=BATCH if number else BUILT)
        if "journey_events" in missed:
            continue
        check(warehouse, history)
        check_counts(warehouse, history, missed)
        built = warehouse.query("select distinct customer_id, cast(run_id as text) from journey_events")
        if number:
            assert {customer for customer, run in built if run not in runs} <= concerned
        runs |= {run for _, run in built}
        if "built_inputs" not in missed:
            concerned = set()
    return warehouse, history


@pytest.fixture
def played_on_duckdb(played):
    """The same where a column that views read can get another type, and another name than in the views."""
    if played[0].target == "postgres":
        pytest.skip("Postgres keeps columns as the views that read them know them")
    return played


def test_batches_leave_what_one_full_build_makes(played):
    warehouse, _ = played
    build(warehouse)
    before = contents(warehouse)
    build(warehouse, full=True)
    assert contents(warehouse) == before


@pytest.mark.parametrize("aliases", ["aliases", "no aliases"])
def test_customers_in_slices_have_the_journeys_of_one_build(played, aliases):
    warehouse, history = played
    assert history.aliases
    known = history.aliases if aliases == "aliases" else {}
    warehouse.fill("raw.customer_aliases", list(known.items()))
    build(warehouse, full=True)
    before = contents(warehouse)
    # more events than are sorted at a time, as far as the build can see
    warehouse.execute("update journey_inputs set row_count = 80000000 where input_name = 'definition'")
    build(warehouse, wanted=("journey_events",), full=True)
    assert contents(warehouse) == before
    history.write(warehouse)
    if warehouse.target == "duckdb":
        ran = warehouse.folder / "target/run/conversionflow/models/journeys/journey_events.sql"
        assert ran.read_text().count("set variable first_hash = ") == 3
        # what is read early leaves out the other slices early, where no alias is in the way
        assert ("hash(raw_customer_id)" in ran.read_text()) == (not known)


def test_settings_of_later_stages_leave_journeys_as_they_are(played):
    warehouse, _ = played
    build(warehouse)
    runs = Counter(warehouse.query("select event_id, cast(run_id as text) from journey_events"))
    later = {
        "attribution_list": ["linear"],
        "spend_carryover": True,
        "mcmc_draws": 500,
        "objective": "revenue",
        "sweep_ratios": [0.8],
        "target_cpa": 40,
        "optimizer_rule_points": 17,
    }
    build(warehouse, settings=later)
    assert Counter(warehouse.query("select event_id, cast(run_id as text) from journey_events")) == runs


def test_a_setting_that_journeys_depend_on_rebuilds_them_all(played):
    warehouse, history = played
    build(warehouse, settings={"journey_inactivity_days": 12, "path_lookback_days": 5})
    rules = Rules(inactivity=timedelta(days=12), lookback=timedelta(days=5))
    check(warehouse, history, rules)
    runs = warehouse.query("select count(distinct run_id) from journey_events")
    assert runs == [(1,)]


OTHER_RULES = {"journey_inactivity_days": 1}


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        (["--full-refresh", "--select", "journey_events"], OTHER_RULES),
        pytest.param(["--select", "1+built_inputs"], None, marks=pytest.mark.verify),
        pytest.param(["--select", "journey_events"], OTHER_RULES, marks=pytest.mark.verify),
        pytest.param(
            ["--select", "+built_inputs", "--exclude", "raw_validation", "config.materialized:view"],
            None,
            marks=pytest.mark.verify,
        ),
    ],
    ids=["one model anew", "inputs forgotten", "one model", "no views"],
)
def test_what_a_run_of_some_models_leaves_is_made_anew(played, options, settings):
    warehouse, history = played
    build(warehouse)
    history.batch()
    history.write(warehouse)
    outcome = warehouse.dbt("run", *options, settings=settings)
    assert outcome.code == 0, outcome.output
    build(warehouse)
    check(warehouse, history)
    check_counts(warehouse, history, [])


def test_a_column_of_another_type_is_read_anew(played_on_duckdb):
    warehouse, history = played_on_duckdb
    for number_type, factor in (("bigint", "100"), ("decimal(18, 2)", "0.01")):
        warehouse.execute(
            f"alter table raw.conversions alter revenue type {number_type}"
            f" using cast(revenue * {factor} as {number_type})"
        )
        build(warehouse)
    check(warehouse, history)


@pytest.mark.verify
def test_a_column_that_gets_another_name_is_read_anew(played_on_duckdb):
    warehouse, history = played_on_duckdb
    build(warehouse)
    kept = history.conversions
    renamed = "alter table raw.conversions rename column {} to {}"
    warehouse.execute(renamed.format("market", "conversion_type"))
    build(warehouse)
    history.conversions = [row._replace(market=None) for row in kept]
    check(warehouse, history)
    warehouse.execute(renamed.format("conversion_type", "market"))
    build(warehouse)
    history.conversions = kept
    check(warehouse, history)


@pytest.mark.verify
def test_an_enum_that_gets_other_labels_is_read_anew(played_on_duckdb):
    warehouse, history = played_on_duckdb
    names = sorted({row.channel for row in history.touches if row.channel})
    renamed = dict(zip(names, [*names[1:], "radio"], strict=True))
    as_enum(warehouse, {name: name for name in names})
    build(warehouse)
    as_enum(warehouse, renamed)
    build(warehouse)
    kept = history.touches
    history.touches = [row._replace(channel=renamed.get(row.channel)) for row in kept]
    check(warehouse, history)
    history.touches = kept
    warehouse.execute("alter table raw.touches alter channel type text")
    history.write(warehouse)


@pytest.mark.verify
def test_a_seed_whose_columns_change_names_rebuilds_all(played):
    warehouse, history = played
    build(warehouse)
    history.batch()
    history.write(warehouse)
    build(warehouse)
    runs = "select count(distinct run_id) from journey_events"
    assert warehouse.query(runs) > [(1,)]
    swap(warehouse, "channel_mapping", "source", "medium")
    build(warehouse)
    assert warehouse.query(runs) == [(1,)]
    swap(warehouse, "channel_mapping", "source", "medium")


@pytest.mark.verify
def test_a_copy_that_came_while_a_build_ran_is_found(played):
    warehouse, history = played
    build(warehouse)
    ((touch_id, customer),) = warehouse.query("""
        select event_id, customer_id from journey_events where not is_conversion order by event_at limit 1
    """)
    copy = Touch(touch_id, customer, datetime(2025, 7, 10, 12), "video", "IT")
    history.touches.append(copy)
    history.write(warehouse)
    # as the build left it that read the copy after it had looked for repeated ids
    warehouse.execute(
        f"create table copied as select * from journey_events where event_id = '{touch_id}'",  # noqa: S608
        f"""
            update copied set
                event_at = '{copy.touched_at}', ended_at = '{copy.touched_at}', journey_number = 99,
                row_hash = (
                    select row_hash from stg_touches_judged
                    where touch_id = '{touch_id}' and touched_at = '{copy.touched_at}'
                )
        """,  # noqa: S608
        "insert into journey_events select * from copied",
        "drop table copied",
    )
    build(warehouse)
    check(warehouse, history)


@pytest.mark.verify
def test_a_touch_before_all_time_is_one(played):
    warehouse, history = played
    warehouse.execute("insert into raw.touches values ('first', 'c1', '-infinity', 'search', 'IT')")
    build(warehouse)
    assert warehouse.query("select count(*) from journey_events where event_id = 'first'") == [(1,)]
    history.write(warehouse)


def swap(warehouse, table: str, first: str, second: str) -> None:
    """Let two columns of a table have each other's name."""
    for old, new in ((first, "between"), (second, first), ("between", second)):
        warehouse.execute(f'alter table {table} rename column "{old}" to "{new}"')


def as_enum(warehouse, labels: dict[str, str]) -> None:
    """Make the channels of raw touches an enum of labels, each in the place of the one it replaces."""
    cases = " ".join(f"when '{old}' then '{new}'" for old, new in labels.items())
    values = ", ".join(f"'{label}'" for label in labels.values())
    warehouse.execute(
        f"alter table raw.touches alter channel type enum({values}) using"
        f" cast(case cast(channel as text) {cases} end as enum({values}))"
    )


def contents(warehouse) -> dict[str, Counter]:
    return {
        table: Counter(warehouse.query(f"select {', '.join(warehouse.columns(table))} from {table}"))  # noqa: S608
        for table in TABLES
    }


def build(
    warehouse, *excluded: str, wanted=tuple(BUILT), settings: dict | None = None, full: bool = False
) -> None:
    outcome = warehouse.dbt(
        "run",
        *(["--full-refresh"] if full else []),
        *("--select", *wanted, "--exclude", "raw_validation", *excluded),
        settings=settings,
    )
    assert outcome.code == 0, outcome.output


def check(warehouse, history: History, rules: Rules | None = None) -> None:
    assert found_rows(warehouse.query(JOURNEYS)) == wanted_rows(expected(history, rules))


def check_counts(warehouse, history: History, missed: list[str]) -> None:
    found = expected(history)
    if "transition_counts" not in missed:
        rows = warehouse.query(
            "select period_start, market, touchpoint_from, touchpoint_to, transitions from transition_counts"
        )
        assert {row[:4]: row[4] for row in rows} == transitions(found, Rules())
    if "path_summary" not in missed:
        rows = warehouse.query("select path, conversions, non_conversions, revenue from path_summary")
        assert {row[0]: row[1:] for row in rows} == path_counts(found)
    if "periods" not in missed:
        rows = warehouse.query("select period_start, touches, open_touches from periods")
        assert {row[0]: row[1:] for row in rows} == period_touches(found, Rules())


def expected(history: History, rules: Rules | None = None) -> list[Journey]:
    return journeys(
        history.touches,
        [row for row in history.conversions if row.revenue is None or row.revenue >= 0],
        rules or Rules(),
        history.aliases,
    )
