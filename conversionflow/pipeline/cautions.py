"""What a reader must know before money moves: where a plan leaves the spend ever seen."""

from conversionflow.pipeline.plan_inputs import Floats, PlanInputs

UNTRACKED = "It has no tracked touches: the network says nothing about it, so its spend stays as it is."


def cautions(inputs: PlanInputs, plan: Floats) -> list[str | None]:
    """Return a caution in plain words for each of n touchpoints, or None where its spend was seen before.

    Parameters
    ----------
    plan : (n,) array
        Money per period.
    """
    return [
        _caution(float(spend), float(seen.min()), float(seen.max()), inputs.settings.period)
        for spend, seen in zip(plan, inputs.spend_seen, strict=True)
    ]


def _caution(spend: float, least: float, most: float, period: str) -> str | None:
    if spend > most:
        beyond = f"{spend / most - 1:.0%} more" if most > 0 else "and nothing was ever spent here"
        return (
            f"The most ever spent in a {period} is {most:,.2f}; the plan spends {spend:,.2f}, {beyond}. What "
            "that brings is the model's word. Go there in steps and build again after each: the data then "
            "reach further."
        )
    if spend < least:
        return (
            f"The least ever spent in a {period} is {least:,.2f}; the plan spends {spend:,.2f}, "
            f"{1 - spend / least:.0%} less. What is lost by that is the model's word. Cut in steps and build "
            "again after each, or test it in one market first."
        )
    return None


def summarised(inputs: PlanInputs, plan: Floats) -> str | None:
    """Say how many touchpoints, with what share of the money, leave the spend ever seen; None if none do."""
    beyond = [text is not None for text in cautions(inputs, plan)]
    if not any(beyond):
        return None
    share = float(plan[beyond].sum() / plan.sum()) if plan.sum() > 0 else 0.0
    return (
        f"{sum(beyond)} of {len(plan)} touchpoints, with {share:.0%} of the money, leave the range of spend "
        "ever seen: what the plan promises there is the model's word (budget_allocation.caution)"
    )
