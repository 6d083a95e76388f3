"""The optimum of piecewise-linear responses under all rules, with its proof, by HiGHS."""

import numpy as np

from conversionflow.core.errors import InfeasibleBudgetError
from conversionflow.optimization.exact import Optimum
from conversionflow.optimization.objective import Floats
from conversionflow.optimization.problem import BudgetProblem
from conversionflow.optimization.repair import choices_of, exact_plan, rows_of
from conversionflow.optimization.rule_model import Added, RuleModel

CONCAVE = 1e-9
"""Rise of a slope, relative to the steepest, that still counts as none."""


def mixed_integer(curves: tuple[Floats, Floats], problem: BudgetProblem, time_limit: float = 60.0) -> Optimum:
    """Return the best plan of piecewise-linear curves that keeps all rules, and its proven bound.

    A curve's segments are filled in order. Where slopes fall that comes by itself; where one rises a binary
    variable says that the segments before it are full (the incremental model of Markowitz & Manne, 1957,
    *Econometrica* 25: 84-110).

    Parameters
    ----------
    curves : pair of (n, L) arrays
        Spend, money, rising along each row from the touchpoint's least amount (0 where it may be off) to its
        maximum or beyond; and the values there.
    problem : BudgetProblem
        Budget, bounds and rules.
    time_limit : float
        Seconds; what is found by then is returned with the bound proven by then.

    Returns
    -------
    Optimum
        ``value`` and ``bound`` are of the piecewise-linear curves.

    Raises
    ------
    InfeasibleBudgetError
        If HiGHS finds no plan in time.
    """
    spend, values = curves[0] / problem.total, curves[1]
    least = np.where(problem.rules.switchable(problem.low), 0.0, problem.low) / problem.total
    if (spend[:, 0] > least + 1e-12).any() or (spend[:, -1] < problem.high / problem.total - 1e-12).any():
        raise ValueError("the curves do not reach from the least to the largest amount of each touchpoint")
    model = RuleModel.of(problem.keys, problem.low, problem.high, problem.total, problem.rules)
    scale = float(np.ptp(values, axis=1).max()) or 1.0
    segments = _Segments(curves[0] / model.unit, np.diff(values, axis=1) / scale, model.matrix.shape[1])
    cost = np.concatenate([np.zeros(model.matrix.shape[1]), segments.cost])
    found = model.solve(cost, added=segments.rows(), time_limit=time_limit)
    choices = choices_of(problem.rules, problem.low, problem.high, problem.total)
    rows = rows_of(problem.rules, len(problem.keys), problem.total)
    plan = None if found.x is None else exact_plan(found.x, model, choices, rows)
    if plan is None:
        raise InfeasibleBudgetError(
            f"HiGHS found no plan that keeps all rules within {time_limit:g} seconds."
        )
    base = float(values[:, 0].sum())
    bound = found.fun if found.mip_dual_bound is None else found.mip_dual_bound
    reached = sum(np.interp(amount, *row) for amount, *row in zip(plan, spend, values, strict=True))
    return Optimum(plan * problem.total, float(reached), max(base - scale * float(bound), float(reached)))


class _Segments:
    """How much of each segment is filled, n * (L - 1) variables, and one binary where slopes rise."""

    def __init__(self, spend: Floats, gains: Floats, offset: int) -> None:
        self.spend, self.offset = spend, offset
        self.widths = np.diff(spend, axis=1)
        size, count = self.widths.shape
        slopes = np.divide(gains, self.widths, out=np.zeros_like(gains), where=self.widths > 0)
        limit = CONCAVE * float(np.abs(slopes).max())
        rises = np.zeros((size, count), dtype=np.bool_)
        rises[:, 1:] = np.diff(slopes, axis=1) > limit
        self.filled = offset + np.arange(size * count).reshape(size, count)
        self.binaries = np.argwhere(rises)
        self.first_binary = offset + size * count
        self.cost = np.concatenate([-gains.ravel(), np.zeros(len(self.binaries))])

    def rows(self) -> Added:
        """Rows that tie segments to amounts and keep their order."""
        from scipy.sparse import csr_array

        entries: list[tuple[int, int, float]] = []
        low: list[float] = []
        high: list[float] = []
        for i, columns in enumerate(self.filled):
            entries.append((len(low), i, 1.0))
            entries += [
                (len(low), column, -width) for column, width in zip(columns, self.widths[i], strict=True)
            ]
            low.append(float(self.spend[i, 0]))
            high.append(float(self.spend[i, 0]))
        starts = self._block_starts()
        for number, (i, segment) in enumerate(self.binaries):
            binary = self.first_binary + number
            for before in range(starts[number], segment):
                entries += [(len(low), self.filled[i, before], 1.0), (len(low), binary, -1.0)]
                low.append(0.0)
                high.append(np.inf)
            for after in range(segment, self._block_end(number)):
                entries += [(len(low), self.filled[i, after], 1.0), (len(low), binary, -1.0)]
                low.append(-np.inf)
                high.append(0.0)
        places = np.array([(row, column) for row, column, _ in entries]).T
        weights = np.array([weight for _, _, weight in entries])
        variables = self.first_binary + len(self.binaries)
        matrix = csr_array((weights, (places[0], places[1])), shape=(len(low), variables))
        whole = np.repeat([0, 1], [self.filled.size, len(self.binaries)])
        return Added(matrix, np.array(low), np.array(high), whole)

    def _block_starts(self) -> list[int]:
        """First segment of the concave stretch before each rise."""
        return [
            int(self.binaries[k - 1][1]) if k > 0 and self.binaries[k - 1][0] == i else 0
            for k, (i, _) in enumerate(self.binaries)
        ]

    def _block_end(self, number: int) -> int:
        """Segment after the concave stretch that begins with a rise."""
        following = number + 1
        if following < len(self.binaries) and self.binaries[following][0] == self.binaries[number][0]:
            return int(self.binaries[following][1])
        return len(self.widths[0])
