"""Rules in words, as the command line takes them."""

import shlex
from collections.abc import Sequence

import pandas as pd

from conversionflow.core.errors import InputError
from conversionflow.optimization.rule_seeds import KINDS, UNITS
from conversionflow.optimization.seed_rows import SOURCE

ON_COMMAND_LINE = "--rule"
SELECTED = "market touchpoint touchpoint_group reference_touchpoint reference_group"
COLUMNS = f"rule {SOURCE} scenario kind {SELECTED} amount unit"
ALL, GROUP, TO = "all", "group:", "to"
USAGE = (
    "Write KIND WHAT [to WHAT] [AMOUNT [UNIT]], as in 'maximum video 300', 'minimum Italy/video 0.1 share', "
    "'maximum_ratio video to display 1.5', 'maximum group:brand 0.3 share', 'frozen Spain/affiliate', "
    "'max_active all 8'"
)


def rule_rows(texts: Sequence[str], keys: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Return rows of `budget_rules` for rules in words.

    Parameters
    ----------
    texts
        Rules, such as ``maximum Italy/video 300``.
    keys
        The (market, touchpoint) pairs of the plan.

    Raises
    ------
    InputError
        For a text that is no rule, with how to write one.
    """
    rows = [_row(text, keys) for text in texts]
    return pd.DataFrame(rows, columns=COLUMNS.split(), dtype=object).fillna("")


def _row(text: str, keys: Sequence[tuple[str, str]]) -> dict[str, str]:
    try:
        kind, what, *rest = shlex.split(text)
    except ValueError:
        raise InputError(f"{text!r} is no rule. {USAGE}.") from None
    if kind not in KINDS:
        raise InputError(f"{text!r} is no rule: its kind is one of {', '.join(KINDS)}. {USAGE}.")
    row = {
        "rule": text,
        SOURCE: ON_COMMAND_LINE,
        "kind": kind,
        **_selected(what, keys, "touchpoint", "touchpoint_group"),
    }
    if rest[:1] == [TO] and len(rest) > 1:
        other = _selected(rest[1], keys, "reference_touchpoint", "reference_group")
        if "market" in other and other["market"] != row.get("market"):
            raise InputError(f"{text!r} is no rule: a ratio is of touchpoints of one market, or of all.")
        row, rest = {**row, **other}, rest[2:]
    if len(rest) > 2 or (len(rest) == 2 and rest[1] not in UNITS):
        raise InputError(f"{text!r} is no rule: after the amount comes one of {', '.join(UNITS)}. {USAGE}.")
    usual = "money" if kind in ("minimum", "maximum", "min_if_on") else ""
    return {**row, "amount": "".join(rest[:1]), "unit": rest[1] if len(rest) == 2 else usual}


def _selected(what: str, keys: Sequence[tuple[str, str]], touchpoint: str, group: str) -> dict[str, str]:
    """Return the cells that name what is selected: all, a group, a touchpoint, a market and touchpoint."""
    if what == ALL:
        return {}
    if what.startswith(GROUP):
        return {group: what.removeprefix(GROUP)}
    for market, name in keys:
        if what == f"{market}/{name}":
            return {"market": market, touchpoint: name}
    return {touchpoint: what}
