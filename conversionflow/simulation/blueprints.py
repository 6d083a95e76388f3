"""The demo's two countries and ten touchpoints, as figures to be varied."""

from __future__ import annotations

from dataclasses import dataclass, field

from conversionflow.simulation.response import FLAT, Response


@dataclass(frozen=True)
class Blueprint:
    """A touchpoint before a market and a seed vary it.

    `entries` and `spend` are relative to the other touchpoints, `spend` by market; `onward` and
    `converts` are chances after a touch, `repeats` the part of `onward` that stays, `draw` the weight as a
    destination.
    """

    interaction: str
    entries: float
    onward: float
    repeats: float
    converts: float
    draw: float
    spend: dict[str, float] = field(default_factory=dict)
    entry_response: Response = FLAT
    pull: Response = FLAT
    convert_response: Response = FLAT
    dark: bool = False
    campaigns: tuple[str, ...] = ()
    cost_per_mille: float = 0.0
    click_through_rate: float = 0.0


BLUEPRINTS = {
    "paid_search_brand": Blueprint(
        interaction="click",
        entries=11.0,
        onward=0.6,
        repeats=0.1,
        converts=0.04,
        draw=12.0,
        spend={"Italy": 17.0, "Spain": 13.0},
        entry_response=Response(floor=0.45, shape=0.8, saturation=3.0),
        pull=Response(floor=0.9, shape=0.8, saturation=2.0),
        campaigns=("brand_exact", "brand_broad"),
        cost_per_mille=30.0,
        click_through_rate=0.12,
    ),
    "paid_search_generic": Blueprint(
        interaction="click",
        entries=15.0,
        onward=0.66,
        repeats=0.08,
        converts=0.02,
        draw=9.0,
        spend={"Italy": 14.0, "Spain": 16.0},
        entry_response=Response(floor=0.1, shape=0.8, saturation=0.0),
        pull=Response(floor=0.85, shape=0.9, saturation=1.0),
        campaigns=("generic_category", "generic_competitor"),
        cost_per_mille=18.0,
        click_through_rate=0.05,
    ),
    "paid_social": Blueprint(
        interaction="click",
        entries=14.0,
        onward=0.68,
        repeats=0.12,
        converts=0.012,
        draw=11.0,
        spend={"Italy": 15.0, "Spain": 10.0},
        entry_response=Response(floor=0.1, shape=0.9, saturation=0.6),
        pull=Response(floor=0.85, shape=0.9, saturation=1.0),
        campaigns=("social_prospecting", "social_lookalike"),
        cost_per_mille=7.0,
        click_through_rate=0.012,
    ),
    "display": Blueprint(
        interaction="impression",
        entries=9.0,
        onward=0.67,
        repeats=0.15,
        converts=0.007,
        draw=9.0,
        spend={"Italy": 13.0, "Spain": 11.0},
        entry_response=Response(floor=0.2, shape=0.7, saturation=4.0),
        pull=Response(floor=0.85, shape=0.8, saturation=2.0),
        dark=True,
        campaigns=("display_reach", "display_contextual"),
        cost_per_mille=3.0,
        click_through_rate=0.003,
    ),
    "video": Blueprint(
        interaction="impression",
        entries=10.0,
        onward=0.7,
        repeats=0.07,
        converts=0.011,
        draw=6.0,
        spend={"Italy": 9.0, "Spain": 14.0},
        entry_response=Response(floor=0.08, shape=0.95, saturation=0.4),
        pull=Response(floor=0.85, shape=1.0, saturation=1.0),
        convert_response=Response(floor=0.7, shape=1.0, saturation=1.0),
        dark=True,
        campaigns=("video_awareness", "video_product"),
        cost_per_mille=11.0,
        click_through_rate=0.004,
    ),
    "affiliate": Blueprint(
        interaction="click",
        entries=8.0,
        onward=0.6,
        repeats=0.0,
        converts=0.033,
        draw=7.0,
        spend={"Italy": 7.0, "Spain": 10.0},
        entry_response=Response(floor=0.05, shape=0.75, saturation=0.0),
        campaigns=("affiliate_voucher", "affiliate_content"),
        cost_per_mille=12.0,
        click_through_rate=0.04,
    ),
    "retargeting": Blueprint(
        interaction="click",
        entries=1.5,
        onward=0.62,
        repeats=0.1,
        converts=0.041,
        draw=13.0,
        spend={"Italy": 11.0, "Spain": 14.0},
        entry_response=Response(floor=0.2, shape=0.8, saturation=1.0),
        pull=Response(floor=0.15, shape=0.9, saturation=1.0),
        campaigns=("retargeting_cart", "retargeting_product"),
        cost_per_mille=6.0,
        click_through_rate=0.015,
    ),
    "organic_search": Blueprint(
        interaction="visit",
        entries=14.0,
        onward=0.64,
        repeats=0.08,
        converts=0.023,
        draw=13.0,
    ),
    "email": Blueprint(
        interaction="visit",
        entries=5.0,
        onward=0.62,
        repeats=0.0,
        converts=0.032,
        draw=9.0,
    ),
    "direct": Blueprint(
        interaction="visit",
        entries=12.0,
        onward=0.6,
        repeats=0.12,
        converts=0.035,
        draw=14.0,
    ),
}


@dataclass(frozen=True)
class Country:
    """What tells one market from another."""

    code: str
    size: float
    swing: float
    christmas: float
    growth: float
    holiday_loss: float
    order_value: float


COUNTRIES = {
    "Italy": Country("IT", 1.0, 0.10, 0.35, 0.06, 0.04, 84.0),
    "Spain": Country("ES", 0.65, 0.06, 0.28, 0.03, 0.07, 67.0),
}
