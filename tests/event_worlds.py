"""Event-level worlds whose mechanisms are not the estimator's, with their true expected conversions.

A world is simulated journey by journey: who begins where in which week, what each touch leads to, and when.
Its responses are power laws, saturating or S-shaped Hill curves; spend pulls journeys that would have been
lost or that would have gone to another touchpoint, or makes visits convert more. In hard worlds demand comes
in shocks, planners spend more when they feel it, some weeks have no spend, counts are overdispersed, and a
short look-back cuts the beginnings of journeys off.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from scipy.optimize import minimize

from conversionflow.estimation import NetworkData
from conversionflow.estimation.controls import build_controls, calendar

WEEKS, WARM_UP, REFERENCE = 104, 12, 13
FIRST_DAY = date(2024, 1, 1)
ENTRIES_PER_WEEK = 1200
DAYS_BETWEEN_TOUCHES = 4.0
LOOK_BACK_DAYS = 14
ENTRY_FORMS = ("power", "saturating", "s-shaped")
MOVE_FORMS = ("from lost", "from others", "converting")
BOUNDS = (0.4, 2.0)


@dataclass(frozen=True, eq=False)
class World:
    """What is true of one market of K touchpoints, of which the first P have spend.

    Attributes
    ----------
    name
        Mechanisms, hardness and seed.
    spend : array (P, WEEKS)
        Money.
    conditions : array (WEEKS,)
        Factor on all entries.
    entries, converts : array (K,)
        Entries per week and chance of a visit to convert, at mean spend.
    moves : array (K, K)
        Chances at mean spend.
    exponent, half : array (P,)
        Of the entry response.
    floor : array (P,)
        Share of the entries that need no spend.
    pull : array (P,)
        Elasticity of the moves to a touchpoint, or of its conversions.
    """

    name: str
    hard: bool
    entry_form: str
    move_form: str
    spend: np.ndarray
    conditions: np.ndarray
    entries: np.ndarray
    converts: np.ndarray
    moves: np.ndarray
    exponent: np.ndarray
    half: np.ndarray
    floor: np.ndarray
    pull: np.ndarray

    @property
    def mean_spend(self) -> np.ndarray:
        """Money per week, (P,)."""
        return self.spend.mean(axis=1)

    @property
    def today(self) -> np.ndarray:
        """Mean spend of the last weeks, (P,)."""
        return self.spend[:, -REFERENCE:].mean(axis=1)

    def entry_rates(self, relative: np.ndarray) -> np.ndarray:
        """Entries per week under mean conditions for spend (P,) over its mean, (K,)."""
        power = relative**self.exponent
        curve = power if self.entry_form == "power" else power * (1 + self.half) / (power + self.half)
        rates = self.entries.copy()
        rates[: len(relative)] *= self.floor + (1 - self.floor) * curve
        return rates

    def steps(self, relative: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Chances of the next touchpoint (K, K) and of conversion (K,) for spend (P,) over its mean."""
        paid = len(relative)
        factor = np.ones(len(self.entries))
        factor[:paid] = np.clip(relative, 0.05, 4.0) ** self.pull
        if self.move_form == "converting":
            return self.moves, self.converts * factor
        moves = self.moves * factor
        if self.move_form == "from others":
            moves *= (self.moves.sum(axis=1) / moves.sum(axis=1))[:, None]
        room = 1 - self.converts
        moves *= np.minimum(1.0, 0.98 * room / moves.sum(axis=1))[:, None]
        return moves, self.converts

    def conversions(self, plan: np.ndarray) -> float:
        """Expected conversions per week for money (P,) under the conditions of the last weeks."""
        relative = np.asarray(plan) / self.mean_spend
        moves, converts = self.steps(relative)
        reached = np.linalg.solve(np.eye(len(moves)) - moves, converts)
        return float(self.conditions[-REFERENCE:].mean() * self.entry_rates(relative) @ reached)

    def best_plan(self) -> np.ndarray:
        """The plan of today's total and most conversions within `BOUNDS` times today's spend, (P,)."""
        today, total = self.today, self.today.sum()
        rng = np.random.default_rng(0)
        low, high = BOUNDS
        shares = today / total
        best = today
        for start in [np.ones(len(today)), *rng.uniform(low, high, (24, len(today)))]:
            found = minimize(
                lambda x: -self.conversions(x * total),
                project(start * shares, low * shares, high * shares),
                method="SLSQP",
                bounds=list(zip(low * shares, high * shares, strict=True)),
                constraints={"type": "eq", "fun": lambda x: x.sum() - 1.0},
                options={"ftol": 1e-10, "maxiter": 200},
            )
            plan = project(found.x, low * shares, high * shares) * total
            best = max(best, plan, key=self.conversions)
        return best


def project(shares: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Move shares into their bounds with a sum of 1, by bisection of a common shift."""
    below, above = -2.0, 2.0
    for _ in range(60):
        shift = (below + above) / 2
        below, above = (shift, above) if np.clip(shares + shift, low, high).sum() < 1 else (below, shift)
    return np.clip(shares + above, low, high)


def draw_world(seed: int, hard: bool) -> World:
    """Draw a world; entry and move forms go round with the seed."""
    rng = np.random.default_rng([seed, hard])
    entry_form, move_form = ENTRY_FORMS[seed % 3], MOVE_FORMS[seed // 3 % 3]
    paid, organic = int(rng.integers(5, 9)), int(rng.integers(2, 4))
    count = paid + organic
    conditions = np.exp(_autoregressive(rng, 0.25 if hard else 0.08, 0.7))
    conditions *= 1 + 0.12 * np.sin(2 * np.pi * (np.arange(WEEKS) + rng.uniform(0, 52)) / 52)
    weights = rng.lognormal(0, 0.7, count)
    moves = rng.dirichlet(np.full(count, 0.7), count) * rng.uniform(0.3, 0.5, (count, 1))
    exponent, half = {
        "power": (rng.uniform(0.15, 0.7, paid), np.zeros(paid)),
        "saturating": (np.ones(paid), rng.uniform(0.3, 3.0, paid)),
        "s-shaped": (rng.uniform(1.5, 3.0, paid), rng.uniform(0.3, 1.5, paid)),
    }[entry_form]
    return World(
        name=f"{entry_form}, {move_form}, {'hard' if hard else 'plain'}, {seed}",
        hard=hard,
        entry_form=entry_form,
        move_form=move_form,
        spend=np.stack([_spend(rng, conditions, hard) for _ in range(paid)]),
        conditions=conditions,
        entries=ENTRIES_PER_WEEK * weights / weights.sum(),
        converts=rng.uniform(0.01, 0.08, count),
        moves=moves,
        exponent=exponent,
        half=half,
        floor=rng.uniform(0.0, 0.4, paid),
        pull=rng.uniform(0.0, 0.3, paid),
    )


def without_signal(world: World) -> World:
    """Give every touch of a world's journeys a touchpoint at random, and spend no effect on anything."""
    paid, count = len(world.spend), len(world.entries)
    shares = world.entries / world.entries.sum()
    return replace(
        world,
        name=f"no signal, {world.name}",
        converts=np.full(count, world.converts.mean()),
        moves=np.tile(0.4 * shares, (count, 1)),
        floor=np.ones(paid),
        pull=np.zeros(paid),
    )


def _autoregressive(rng: np.random.Generator, spread: float, persistence: float) -> np.ndarray:
    steps = rng.standard_normal(WEEKS) * spread * np.sqrt(1 - persistence**2)
    path = np.empty(WEEKS)
    path[0] = rng.standard_normal() * spread
    for t in range(1, WEEKS):
        path[t] = persistence * path[t - 1] + steps[t]
    return path


def _spend(rng: np.random.Generator, conditions: np.ndarray, hard: bool) -> np.ndarray:
    """Weekly money of one touchpoint; in hard worlds planners follow demand and go dark now and then."""
    logs = _autoregressive(rng, 0.35, 0.6)
    if hard:
        logs += rng.uniform(0.3, 0.9) * np.log(conditions)
    spend = rng.lognormal(8, 0.7) * np.exp(logs)
    if hard:
        for begin in rng.integers(0, WEEKS - REFERENCE, int(rng.integers(0, 4))):
            spend[begin : begin + int(rng.integers(1, 5))] = 0.0
    return np.round(spend, 2)


def simulate(world: World, seed: int = 0) -> NetworkData:
    """Simulate the world's journeys and count them as the pipeline's period tables do."""
    rng = np.random.default_rng([seed, 7])
    paid, count = len(world.spend), len(world.entries)
    relative = world.spend / world.mean_spend[:, None]
    rates = np.stack([world.entry_rates(relative[:, t]) for t in range(WEEKS)], axis=1) * world.conditions
    if world.hard:
        rates = rates * rng.gamma(40.0, 1 / 40.0, rates.shape)
    begun = rng.poisson(rates)
    at = np.repeat(np.repeat(np.arange(count), WEEKS), begun.ravel())
    day = np.repeat(np.tile(np.arange(WEEKS), count), begun.ravel()) * 7 + rng.uniform(0, 7, len(at))
    chances = [_cumulative(world, relative[:, t]) for t in range(WEEKS)]
    touches, ends = _walk(rng, at, day, np.stack(chances), count)
    return _counted(world, touches, ends, count, paid)


def _cumulative(world: World, relative: np.ndarray) -> np.ndarray:
    """Cumulative chances (K, K + 1) of moves, then of conversion; the rest is lost."""
    moves, converts = world.steps(relative)
    return np.cumsum(np.column_stack([moves, converts]), axis=1)


def _walk(
    rng: np.random.Generator, at: np.ndarray, day: np.ndarray, chances: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Walk every journey to its end: rows (journey, from, to, day), and the day each journey ended."""
    journey = np.arange(len(at))
    ends, rows = np.array(day), []
    while len(at):
        week = np.minimum((day // 7).astype(int), WEEKS - 1)
        draw = rng.uniform(size=len(at))
        after = (draw[:, None] > chances[week, at]).sum(axis=1)
        rows.append(np.column_stack([journey, at, after, day]))
        ends[journey] = day
        going = after < count
        journey, at, day = journey[going], after[going], day[going]
        day = day + rng.exponential(DAYS_BETWEEN_TOUCHES, len(day))
    return np.concatenate(rows), ends


def _counted(world: World, touches: np.ndarray, ends: np.ndarray, count: int, paid: int) -> NetworkData:
    journey, here, after = touches[:, :3].astype(int).T
    day = touches[:, 3]
    kept = day >= ends[journey] - LOOK_BACK_DAYS if world.hard else np.ones(len(day), dtype=bool)
    journey, here, after, day = journey[kept], here[kept], after[kept], day[kept]
    order = np.lexsort((day, journey))
    journey, here, after, day = journey[order], here[order], after[order], day[order]
    week = (day // 7).astype(int)
    first = np.append(True, journey[1:] != journey[:-1])
    inside = week < WEEKS

    def tally(chosen: np.ndarray, *axes: np.ndarray) -> np.ndarray:
        sizes = [count] * len(axes) + [WEEKS]
        counts = np.zeros(sizes)
        np.add.at(counts, tuple(axis[chosen & inside] for axis in (*axes, week)), 1.0)
        return counts[None]

    names = tuple(f"paid {k}" if k < paid else f"organic {k}" for k in range(count))
    starts = calendar(FIRST_DAY, FIRST_DAY + timedelta(days=7 * (WEEKS - 1)), "week")
    spend = np.zeros((1, count, WEEKS))
    spend[0, :paid] = world.spend
    control_names, controls, _ = build_controls(starts, "week", ["World"], None, spend)
    everything = np.ones(len(week), dtype=bool)
    return NetworkData(
        markets=("World",),
        touchpoints=names,
        periods=tuple(start.date() for start in starts),
        spend=spend,
        entries=tally(first, here),
        touches=tally(everything, here),
        conversions=tally(after == count, here),
        moves=tally(after < count, here, np.minimum(after, count - 1)),
        controls=controls,
        control_names=control_names,
    )
