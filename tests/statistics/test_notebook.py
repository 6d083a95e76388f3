"""The code of docs/notebook.md runs as it stands, and does what the page says."""

import contextlib
import io
import re
from pathlib import Path

import numpy as np
import parameter_tables
import pytest

from conversionflow.pipeline.parameters import parameter_export

PAGE = Path(__file__).parents[2] / "docs" / "notebook.md"


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """The names that the page's blocks leave, one run after another where a fit.nc lies."""
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "fit.nc").write_bytes(parameter_export(parameter_tables.build()).to_netcdf())
    names: dict = {}
    blocks = re.findall("```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    assert len(blocks) == 5
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        for block in blocks:
            exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102
    return names


def test_a_curve_begins_at_nothing_and_lies_in_its_interval(notebook):
    curve = notebook["curve"](1)
    assert curve["conversions"][0] == 0.0
    assert (curve["low"] <= curve["conversions"]).all()
    assert curve["conversions"].is_monotonic_increasing


def test_budgets_are_spent_within_their_bounds(notebook):
    today = notebook["today"]
    for plan, total, low in (("plan", today.sum(), 0.5), ("cut", 0.9 * today.sum(), 0.25)):
        spend = notebook[plan].allocation["recommended_spend"].to_numpy()
        assert spend.sum() == pytest.approx(total, abs=0.005)
        assert (spend >= low * today - 0.01).all()
        assert (spend <= 2.0 * today + 0.01).all()


def test_the_model_of_own_counts_finds_how_they_were_drawn(notebook):
    assert notebook["own"].converged
    spend, sold = notebook["spend"], notebook["data"].conversions.sum() / 60
    means = notebook["mine"].conversions(spend.mean() * np.array([[1.0], [2.0]])).mean(axis=0)
    # 400 of the 700 entries are of ads and grow by 2 ** 0.5; both touchpoints convert alike
    assert means[0] == pytest.approx(sold, rel=0.15)
    assert means[1] / means[0] == pytest.approx(1.0 + 400 / 700 * (2**0.5 - 1.0), rel=0.1)
