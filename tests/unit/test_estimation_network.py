"""Period tables become the network's statistics, or a message that says what is wrong with them."""

import numpy as np
import pandas as pd
import pytest

from conversionflow.core.errors import InputError, SettingsError
from conversionflow.estimation import (
    NetworkData,
    SamplerSettings,
    country_of,
    fit,
    hurdle,
    journey,
    poisson,
    public_holidays,
)
from conversionflow.estimation.hurdle_kernel import HurdleParameters
from conversionflow.estimation.journey_kernel import JourneyParameters
from conversionflow.estimation.regression_kernel import PoissonParameters
from conversionflow.estimation.unconstrained import UnconstrainedDensity

WEEKS = pd.date_range("2024-01-01", periods=60, freq="7D")


def touchpoint_periods(weeks=WEEKS, market="Italy"):
    rows = [(week, market, "ads", 100.0, 5, 8, 1, 10.0) for week in weeks]
    rows += [(week, market, "direct", 0.0, 3, 4, 1, 10.0) for week in weeks]
    columns = [
        "period_start",
        "market",
        "touchpoint",
        "spend",
        "entries",
        "touches",
        "conversions",
        "revenue",
    ]
    return pd.DataFrame(rows, columns=columns)


def transition_periods(weeks=WEEKS, market="Italy", onward=2):
    rows = []
    for week in weeks:
        rows += [(week, market, "ads", "direct", onward), (week, market, "ads", "(conversion)", 1)]
        rows += [(week, market, "ads", "(null)", 7 - onward), (week, market, "direct", "(null)", 3)]
    columns = ["period_start", "market", "touchpoint_from", "touchpoint_to", "transitions"]
    return pd.DataFrame(rows, columns=columns)


def network(**changes):
    return NetworkData.from_frames(
        changes.get("touchpoints", touchpoint_periods()),
        changes.get("transitions", transition_periods()),
        period=changes.get("period", "week"),
        holidays=changes.get("holidays"),
    )


def test_counts_land_under_their_names():
    data = network(touchpoints=touchpoint_periods().sample(frac=1.0, random_state=2))
    assert (data.markets, data.touchpoints) == (("Italy",), ("ads", "direct"))
    assert data.moves[0, 0, 1].tolist() == [2.0] * 60
    assert data.moves.sum() == 120
    assert data.nulls[0, :, 7].tolist() == [5.0, 3.0]
    assert data.paid.tolist() == [[True, False]]


def arrays(data):
    """Every array in nested tuples."""
    return [array for item in data for array in arrays(item)] if isinstance(data, tuple) else [data]


@pytest.mark.parametrize("model", [journey, poisson, hurdle])
def test_data_from_tables_lie_as_the_kernels_are_compiled_for(model):
    density = UnconstrainedDensity.of(model.build(network(), model.DEFAULT_PRIORS | model.OPTIONAL_PRIORS))
    assert all(array.flags.c_contiguous for array in arrays(density.likelihood.data))


@pytest.mark.parametrize(
    ("model", "parameters"),
    [(journey, JourneyParameters), (poisson, PoissonParameters), (hurdle, HurdleParameters)],
)
def test_a_model_has_its_parameters_in_the_order_its_kernel_reads(model, parameters):
    density = UnconstrainedDensity.of(model.build(network(), model.DEFAULT_PRIORS | model.OPTIONAL_PRIORS))
    one_market = [name for name in parameters._fields if "_market" not in name]
    assert list(density.shapes) == one_market


@pytest.mark.parametrize(
    ("model", "parameters"),
    [(journey, JourneyParameters), (poisson, PoissonParameters), (hurdle, HurdleParameters)],
)
def test_what_is_common_to_markets_is_there_where_a_touchpoint_has_more_than_one(model, parameters):
    spain, moved = (table().assign(market="Spain") for table in (touchpoint_periods, transition_periods))
    data = network(
        touchpoints=pd.concat([touchpoint_periods(), spain]),
        transitions=pd.concat([transition_periods(), moved]),
    )
    density = UnconstrainedDensity.of(model.build(data, model.DEFAULT_PRIORS | model.OPTIONAL_PRIORS))
    assert tuple(density.shapes) == parameters._fields
    assert density.shapes["beta1_across_markets"] == (1,)


def test_missing_rows_count_as_zero():
    table = touchpoint_periods()
    kept = table[~((table["touchpoint"] == "direct") & (table["period_start"] == WEEKS[30]))]
    data = network(touchpoints=kept, transitions=transition_periods(WEEKS.delete(30)))
    assert data.touches[0, :, 30].tolist() == [8.0, 0.0]
    assert len(data.periods) == 60


def test_spend_without_any_touch_is_listed_as_untracked():
    spend = pd.DataFrame({"period_start": WEEKS, "market": "Italy", "touchpoint": "tv", "spend": 9.0})
    table = pd.concat([touchpoint_periods(), spend.assign(entries=0, touches=0, conversions=0, revenue=0.0)])
    data = network(touchpoints=table)
    assert data.untracked == (("Italy", "tv"),)
    assert not data.active[0, data.touchpoints.index("tv")]


def test_too_little_history_says_how_much_there_is():
    short = network(touchpoints=touchpoint_periods(WEEKS[:3]), transitions=transition_periods(WEEKS[:3]))
    assert "at least 20 periods and the data have 3" in short.shortness
    assert not network().shortness
    with pytest.raises(InputError, match=r"Model poisson is not fitted\. .* the data have 3"):
        fit("poisson", short, SamplerSettings())


def test_more_moves_than_touches_names_touchpoint_and_period():
    with pytest.raises(InputError, match="'ads' in market 'Italy', period 2024-01-01: 13 too many"):
        network(transitions=transition_periods(onward=20))


def test_a_date_between_two_periods_is_named():
    table = touchpoint_periods()
    table.loc[4, "period_start"] += pd.Timedelta(days=1)
    with pytest.raises(InputError, match="period_start 2024-01-30"):
        network(touchpoints=table)


def test_controls_are_standardised_and_follow_the_market():
    table = touchpoint_periods()
    table.loc[5, "spend"] = 300.0
    data = network(touchpoints=table)
    assert data.controls.mean(axis=1) == pytest.approx(0.0, abs=1e-9)
    assert data.controls.std(axis=1) == pytest.approx(1.0)
    holidays = data.controls[0, :, data.control_names.index("public_holidays")]
    christmas = data.periods.index(WEEKS[51].date())
    assert holidays[christmas] == holidays.max()
    assert data.notes == ()


def test_a_market_that_is_no_country_has_no_holidays_and_a_note():
    data = network(
        touchpoints=touchpoint_periods(market="online"), transitions=transition_periods(market="online")
    )
    assert not data.controls[0, :, data.control_names.index("public_holidays")].any()
    assert len(data.notes) == 1
    assert "'online'" in data.notes[0]


def test_given_holidays_replace_those_of_the_country():
    own = pd.DataFrame({"market": ["Italy"], "holiday_date": [WEEKS[10]]})
    data = network(holidays=own)
    column = data.controls[0, :, data.control_names.index("public_holidays")]
    assert np.flatnonzero(column > 0).tolist() == [10]


def test_the_level_of_spend_leaves_out_what_rests():
    table = touchpoint_periods()
    ads, direct = (np.flatnonzero(table["touchpoint"] == name) for name in ("ads", "direct"))
    # Three times as much on one in week 0; the other spends in the first two weeks, and none in week 5.
    table.loc[ads[0], "spend"], table.loc[ads[5], "spend"] = 300.0, 0.0
    table.loc[direct[:2], "spend"] = 20.0, 80.0
    data = network(touchpoints=table)
    column = data.controls[0, :, data.control_names.index("spend_level")]
    usual = np.log(300.0) / 59 + np.log(100.0) * 58 / 59
    level = np.full(60, np.log(100.0) - usual)
    level[0] = (np.log(300.0) - usual - np.log(2.0)) / 2
    level[1] = (np.log(100.0) - usual + np.log(2.0)) / 2
    level[5] = 0.0
    assert column == pytest.approx((level - level.mean()) / level.std())
    assert not network().controls[0, :, data.control_names.index("spend_level")].any()


@pytest.mark.parametrize(
    ("market", "code"),
    [("Italy", "IT"), ("IT", "IT"), ("united kingdom", "GB"), ("ESP", "ES"), ("online", None)],
)
def test_markets_are_found_by_country_name_or_code(market, code):
    assert country_of(market) == code


def test_public_holidays_are_those_of_each_country():
    table = public_holidays(["Italy", "Spain", "online"], WEEKS[0].date(), WEEKS[51].date())
    days = set(zip(table["market"], table["holiday_date"].astype(str), strict=True))
    assert ("Italy", "2024-04-25") in days
    assert ("Spain", "2024-04-25") not in days
    assert "online" not in set(table["market"])


def test_a_month_is_a_step_of_the_calendar():
    months = pd.date_range("2023-01-01", periods=24, freq="MS")
    data = network(
        touchpoints=touchpoint_periods(months), transitions=transition_periods(months), period="month"
    )
    assert [str(day) for day in data.periods[:2]] == ["2023-01-01", "2023-02-01"]


@pytest.mark.parametrize(
    "changes",
    [{"chains": 0}, {"priors": {"beta7": {"distribution": "Normal"}}}, {"reference_periods": 0}],
)
def test_impossible_sampler_settings_are_refused(changes):
    with pytest.raises(SettingsError):
        SamplerSettings(**changes)


def test_an_unknown_prior_distribution_is_refused():
    settings = SamplerSettings(priors={"beta1": {"distribution": "Cauchyish"}})
    with pytest.raises(SettingsError, match="'Cauchyish'"):
        fit("journey", network(), settings)


def test_an_unknown_model_is_refused():
    with pytest.raises(SettingsError, match="no model 'tarot'"):
        fit("tarot", network(), SamplerSettings())
