"""Constants of the search."""

from dataclasses import dataclass, fields

from conversionflow.core.errors import SettingsError


@dataclass(frozen=True)
class GeneticSettings:
    """Constants of the search.

    Attributes
    ----------
    population, generations : int
        Individuals, and generations with the first one, drawn at random, counted.
    elite_share : float
        Share of the population, the fittest, that passes to the next generation unchanged (one at least).
    tournament_size : int
        Individuals a parent has to beat or equal, itself included.
    first_parent_share : float
        Chance of an amount to come from the first of two parents.
    mutated_touchpoints : float
        Expected number of amounts changed in a child.
    mutation_scale, final_mutation_scale : float
        Standard deviation of a change as a share of the amount's range, in the first and the last
        generation; it falls geometrically in between.
    search_draws : int
        Posterior draws used while searching; final figures use all.
    curve_points : int
        Amounts of a touchpoint between its bounds at which its curve is read off; between them the search
        takes a cubic through values and slopes. Every result is evaluated on the response itself.
    money_steps : int
        Steps of money, from the minimums to the budget, of the dynamic programme for curves that are not
        concave.
    rule_points : int
        Amounts between which curves are straight lines in the mixed-integer programme for rules.
    approximations : int
        Sums of curves that stand in, one after another, for a response that is none: each is taken along
        the touchpoints' axes through the best plan so far and solved exactly.
    approximation_points : int
        Amounts of a touchpoint at which such a curve is read off.
    reference_starts : int
        Starting plans of the SLSQP reference.
    frontier_population, frontier_generations : int
        As above, of the search for a frontier, which begins near it.
    frontier_points : int
        Weights with which goals are summed for the plans that a frontier is searched from.
    kept_uplift : float
        Share of the largest uplift that the plan recommended on a frontier keeps, at the least money moved.
    seed : int
        Seed of all randomness of the search.
    """

    population: int = 100
    generations: int = 200
    elite_share: float = 0.1
    tournament_size: int = 3
    first_parent_share: float = 0.5
    mutated_touchpoints: float = 2.0
    mutation_scale: float = 0.5
    final_mutation_scale: float = 0.01
    search_draws: int = 24
    curve_points: int = 129
    money_steps: int = 2000
    rule_points: int = 33
    approximations: int = 4
    approximation_points: int = 17
    reference_starts: int = 8
    frontier_population: int = 200
    frontier_generations: int = 30
    frontier_points: int = 24
    kept_uplift: float = 0.9
    seed: int = 0

    def __post_init__(self) -> None:
        least = {
            "population": 2,
            "curve_points": 2,
            "approximation_points": 2,
            "rule_points": 2,
            "frontier_points": 2,
            "frontier_population": 2,
        }
        least |= {"seed": 0, "approximations": 0}
        wrong = [
            f"{count.name} is {getattr(self, count.name)}, not {least.get(count.name, 1)} or more"
            for count in fields(self)
            if count.type is int and getattr(self, count.name) < least.get(count.name, 1)
        ]
        if not 0 <= self.elite_share < 1:
            wrong.append(f"elite_share is {self.elite_share}, not from 0 to below 1")
        wrong += [
            f"{share} is {getattr(self, share)}, not from 0 to 1"
            for share in ("first_parent_share", "kept_uplift")
            if not 0 <= getattr(self, share) <= 1
        ]
        if not 0 < self.final_mutation_scale <= self.mutation_scale:
            wrong.append("mutation scales must satisfy 0 < final_mutation_scale <= mutation_scale")
        if not self.mutated_touchpoints > 0:
            wrong.append(f"mutated_touchpoints is {self.mutated_touchpoints}, not above 0")
        if wrong:
            raise SettingsError("The optimiser's settings are out of range: " + "; ".join(wrong) + ".")

    @property
    def elite(self) -> int:
        """Individuals that pass unchanged."""
        return min(max(1, round(self.elite_share * self.population)), self.population - 1)

    def mutation_at(self, generation: int) -> float:
        """Return the standard deviation of a change in a generation, as a share of the amount's range."""
        passed = (generation - 1) / max(1, self.generations - 1)
        scale: float = self.mutation_scale * (self.final_mutation_scale / self.mutation_scale) ** passed
        return scale
