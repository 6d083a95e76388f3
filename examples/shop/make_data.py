"""Write the shop's made-up tables: `python make_data.py [FOLDER]`, the same at every run."""

import csv
import random
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

WEEKS = 70
START = datetime(2025, 1, 6)
#: Mean cost a week in euros, visitors that come a week by it, and the chance that a visit ends in an order.
CHANNELS = {
    ("paid_search", "own name"): (120, 40, 0.09),
    ("paid_search", "shoes"): (300, 45, 0.05),
    ("paid_social", "spring"): (200, 35, 0.03),
    ("display", "banner"): (150, 25, 0.02),
    ("newsletter", ""): (0, 30, 0.07),
    ("direct", ""): (0, 50, 0.08),
}
COMES_BACK = 0.4
SHARE_CANCELLED = 0.1


def main(folder: Path) -> None:
    """Draw all tables and write them as CSV files."""
    rng = random.Random(1)  # noqa: S311
    costs, visits, orders, till = [], [], [], []
    for week in range(WEEKS):
        # some weeks everybody wants shoes
        demand = rng.lognormvariate(0, 0.2)
        for place, (channel, campaign) in enumerate(CHANNELS):
            mean, visitors, _ = CHANNELS[channel, campaign]
            level = rng.lognormvariate(0, 0.4) if mean else 1.0
            for day in range(7 if mean else 0):
                date = START + timedelta(weeks=week, days=day)
                costs.append((date.date(), channel, campaign, f"{mean * level / 7:.2f}"))
            for number in range(round(demand * visitors * level**0.5 * rng.uniform(0.9, 1.1))):
                visitor = f"v{week}-{place}-{number}"
                seen = START + timedelta(weeks=week, seconds=rng.randrange(7 * 86400))
                journey(rng, visitor, (channel, campaign), seen, visits, orders)
    for day in range(7 * WEEKS):
        sold = rng.randrange(40, 60)
        till.append(((START + timedelta(days=day)).date(), sold, 55 * sold))
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "page_visits.csv", "visit_no,visitor,seen_at,came_from,ad_campaign", visits)
    write(folder / "orders.csv", "order_no,visitor,ordered_at,total,status", orders)
    write(folder / "ad_costs.csv", "day,came_from,ad_campaign,cost", costs)
    write(folder / "till.csv", "day,orders,turnover", till)


def journey(
    rng: random.Random,
    visitor: str,
    place: tuple[str, str],
    seen: datetime,
    visits: list[tuple],
    orders: list[tuple],
) -> None:
    """Draw one visitor's visits and the order at their end, if there is one."""
    while seen < START + timedelta(weeks=WEEKS):
        visits.append((f"n{len(visits)}", visitor, seen, *place))
        if rng.random() < CHANNELS[place][2]:
            status = "cancelled" if rng.random() < SHARE_CANCELLED else "paid"
            ordered = seen + timedelta(minutes=rng.randrange(1, 60))
            orders.append((f"o{len(orders)}", visitor, ordered, f"{rng.uniform(20, 90):.2f}", status))
            return
        if rng.random() > COMES_BACK:
            return
        place = rng.choice(list(CHANNELS))
        seen += timedelta(hours=rng.randrange(1, 20 * 24))


def write(file: Path, header: str, rows: Iterable[tuple]) -> None:
    """Write one table."""
    with file.open("w", newline="", encoding="utf-8") as target:
        csv.writer(target).writerows([header.split(","), *rows])


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "data"))
