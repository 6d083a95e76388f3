"""What DESIGN's words say a journey is, written slowly and plainly: the SQL models are held against it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")


class Touch(NamedTuple):
    """A row of raw.touches."""

    touch_id: str | None
    customer_id: str | None
    touched_at: datetime | None
    channel: str | None
    market: str | None


class Conversion(NamedTuple):
    """A row of raw.conversions."""

    conversion_id: str | None
    customer_id: str | None
    converted_at: datetime | None
    revenue: Decimal | None
    market: str | None


class Step(NamedTuple):
    """A step of a path: the touch it stands for and its name for people."""

    touch: Touch
    label: str


@dataclass(frozen=True)
class Rules:
    """The settings a journey depends on."""

    inactivity: timedelta = timedelta(days=30)
    lookback: timedelta = timedelta(days=30)
    lookback_steps: int | None = None
    transforms: tuple[tuple[str, object], ...] = (("exposure_path", None),)
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    time_zones: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Journey:
    """A journey with how it ended."""

    customer_id: str
    market: str
    touches: tuple[Touch, ...]
    conversion: Conversion | None
    outcome: str
    steps: tuple[Step, ...] = ()

    @property
    def started_at(self) -> datetime:
        return self.touches[0].touched_at if self.touches else self.conversion.converted_at

    @property
    def ended_at(self) -> datetime:
        return self.conversion.converted_at if self.conversion else self.touches[-1].touched_at

    @property
    def path(self) -> str:
        return " > ".join(step.label for step in self.steps)


def kept(rows: Iterable, key: str, time: str, order: Callable) -> list:
    """Rows that keep the row rules; of rows with one id the earliest."""
    valid = [row for row in map(trimmed, rows) if row[0] and row[1] and getattr(row, time) is not None]
    if key == "touch_id":
        valid = [row for row in valid if row.channel]
    earliest: dict[str, object] = {}
    for row in sorted(valid, key=order):
        earliest.setdefault(row[0], row)
    return list(earliest.values())


def trimmed(row):
    """Texts without blanks around them; empty ones are missing; rows without a market belong to `all`."""
    values = [(value.strip(" ") or None) if isinstance(value, str) else value for value in row]
    row = type(row)(*values)
    return row._replace(market=row.market or "all")


def resolve(aliases: dict[str, str], customer: str) -> str:
    """Follow a chain of aliases to its end."""
    while aliases.get(customer, customer) != customer:
        customer = aliases[customer]
    return customer


def journeys(
    touches: Iterable[Touch],
    conversions: Iterable[Conversion],
    rules: Rules,
    aliases: dict[str, str] | None = None,
) -> list[Journey]:
    """Cut every customer's history into journeys."""
    aliases = aliases or {}

    def of_customer(row):
        return row._replace(customer_id=resolve(aliases, row.customer_id))

    touches = kept(
        touches, "touch_id", "touched_at", lambda t: (t.touched_at, t.customer_id, t.channel, t.market)
    )
    conversions = kept(
        conversions,
        "conversion_id",
        "converted_at",
        lambda c: (c.converted_at, c.customer_id, c.revenue is None, c.revenue, c.market),
    )
    touches, conversions = map(of_customer, touches), map(of_customer, conversions)
    events = [(t.customer_id, t.touched_at, 0, t.touch_id, t) for t in touches]
    events += [(c.customer_id, c.converted_at, 1, c.conversion_id, c) for c in conversions]
    events.sort(key=lambda event: event[:4])
    end = max((event[1] for event in events), default=None)
    found = []
    for _, history in groupby(events, key=lambda event: event[0]):
        found += [described(events, end, rules) for events in sessions(list(history), rules)]
    return found


def sessions(history: list[tuple], rules: Rules) -> list[list[tuple]]:
    """Split one customer's events after conversions and before gaps."""
    parts = [history[:1]]
    for before, event in pairwise(history):
        if before[2] == 1 or event[1] - before[1] > rules.inactivity:
            parts.append([])
        parts[-1].append(event)
    return parts


def described(events: list[tuple], data_end: datetime, rules: Rules) -> Journey:
    """Say how a journey ended, and its path."""
    touches = tuple(event[4] for event in events if event[2] == 0)
    conversion = events[-1][4] if events[-1][2] == 1 else None
    outcome = "converted" if conversion else "lost"
    if not conversion and touches[-1].touched_at > data_end - rules.inactivity:
        outcome = "open"
    market = conversion.market if conversion else touches[0].market
    journey = Journey(events[0][0], market, touches, conversion, outcome)
    return replace(journey, steps=tuple(path_steps(journey, rules)))


def path_steps(journey: Journey, rules: Rules) -> list[Step]:
    """The touches in look-back, on the channels asked for, through the transforms."""
    steps = [
        Step(touch, touch.channel)
        for touch in journey.touches
        if touch.touched_at >= journey.ended_at - rules.lookback
        and (not rules.include or touch.channel in rules.include)
        and touch.channel not in rules.exclude
    ]
    if rules.lookback_steps:
        steps = steps[-rules.lookback_steps :]
    for name, argument in rules.transforms:
        steps = TRANSFORMS[name](steps, argument)
    return steps


def exposure_path(steps: list[Step], _: object) -> list[Step]:
    return [next(group) for _, group in groupby(steps, key=lambda step: step.touch.channel)]


def first_path(steps: list[Step], _: object) -> list[Step]:
    first: dict[str, Step] = {}
    for step in steps:
        first.setdefault(step.touch.channel, step)
    return list(first.values())


def frequency_path(steps: list[Step], _: object) -> list[Step]:
    counts = Counter(step.touch.channel for step in steps)
    return [
        step._replace(label=f"{step.touch.channel}({counts[step.touch.channel]})")
        for step in first_path(steps, None)
    ]


def remove_if_not_all(steps: list[Step], removed: object) -> list[Step]:
    return [step for step in steps if step.touch.channel != removed] or steps


def remove_if_last_and_not_all(steps: list[Step], removed: object) -> list[Step]:
    rest = list(steps)
    while rest and rest[-1].touch.channel == removed:
        rest.pop()
    return rest or steps


def trim_long_path(steps: list[Step], most: object) -> list[Step]:
    return steps[-most:]


TRANSFORMS = {
    "unique_path": lambda steps, _: steps,
    "exposure_path": exposure_path,
    "first_path": first_path,
    "frequency_path": frequency_path,
    "remove_if_not_all": remove_if_not_all,
    "remove_if_last_and_not_all": remove_if_last_and_not_all,
    "trim_long_path": trim_long_path,
}


def transitions(found: list[Journey], rules: Rules) -> Counter:
    """Moves of closed journeys by (Monday of the week, market, from, to), on the market's own clock."""
    counts: Counter = Counter()
    for journey in found:
        if journey.outcome == "open":
            continue
        end = "(conversion)" if journey.outcome == "converted" else "(null)"
        states = ["(start)", *(step.touch.channel for step in journey.steps), end]
        times = [step.touch.touched_at for step in journey.steps]
        times = [times[0] if times else journey.started_at, *times]
        for at, (here, there) in zip(times, pairwise(states), strict=True):
            counts[week(at, journey.market, rules), journey.market, here, there] += 1
    return counts


def path_counts(found: list[Journey]) -> dict[str, tuple[int, int, Decimal]]:
    """Conversions, non-conversions and revenue of closed journeys by path."""
    closed: dict[str, list[Journey]] = defaultdict(list)
    for journey in found:
        if journey.outcome != "open":
            closed[journey.path].append(journey)
    return {
        path: (
            sum(journey.outcome == "converted" for journey in taken),
            sum(journey.outcome == "lost" for journey in taken),
            sum((j.conversion.revenue or Decimal(0) for j in taken if j.conversion), Decimal(0)),
        )
        for path, taken in closed.items()
    }


def period_touches(found: list[Journey], rules: Rules) -> dict[date, tuple[int, int]]:
    """Touches by Monday of the week, and how many of them lie in open journeys."""
    touches: Counter = Counter()
    open_touches: Counter = Counter()
    for journey in found:
        weeks = Counter(week(touch.touched_at, journey.market, rules) for touch in journey.touches)
        touches += weeks
        if journey.outcome == "open":
            open_touches += weeks
    return {monday: (count, open_touches[monday]) for monday, count in touches.items()}


def week(at: datetime, market: str, rules: Rules):
    zone = ZoneInfo(rules.time_zones.get(market, "UTC"))
    day = at.replace(tzinfo=UTC).astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def touch_credits(found: list[Journey]) -> dict[tuple[str, str, str], float]:
    """Credit by (method, conversion, touch) of first, last and linear touch."""
    shares: dict[tuple[str, str, str], float] = {}
    for journey in found:
        if journey.outcome != "converted":
            continue
        ids = [step.touch.touch_id for step in journey.steps] or ["(unattributed)"]
        conversion = journey.conversion.conversion_id
        shares["first_touch", conversion, ids[0]] = 1.0
        shares["last_touch", conversion, ids[-1]] = 1.0
        for touch_id in ids:
            shares["linear", conversion, touch_id] = 1.0 / len(ids)
    return shares


def wanted_rows(found: list[Journey]) -> Counter:
    """Journeys as JOURNEYS and `found_rows` give them."""
    return Counter(
        (
            j.customer_id,
            j.market,
            j.outcome,
            j.started_at,
            j.ended_at,
            j.conversion.conversion_id if j.conversion else None,
            j.path,
            tuple(touch.touch_id for touch in j.touches),
        )
        for j in found
    )


#: The same of the tables.
JOURNEYS = """
    select customer_id, market, outcome, started_at, ended_at, conversion_id, path, touches
    from journeys
    left join (
        select journey_id, array_agg(touch_id order by position) as touches from journey_touches group by 1
    ) using (journey_id)
"""


def found_rows(tables: list[tuple]) -> Counter:
    """What JOURNEYS gives, to be compared with `wanted_rows`."""
    return Counter((*row[:-1], tuple(row[-1] or ())) for row in tables)
