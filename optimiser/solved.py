"""A finished answer as the phases that made it: programme, placement and prices, ready to be asked what would change.

Whoever asks what another place is worth, what another rule costs or what another order had given starts from here, so
that all of them count with the columns and the prices of the run itself. It must decide nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from optimiser.answer import PHASES, Answer, PhaseName
from optimiser.eligibility import Catalogue, Floats, Ints
from optimiser.ledger import ledger
from optimiser.options import Details, Options, details, find_options
from optimiser.outcome import Outcome
from optimiser.placement import placed
from optimiser.problem import Problem
from optimiser.programme import Programme
from optimiser.ranges import prices_of, solved_programme
from optimiser.standing import standing_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """An ordered problem, its options, and each phase of an answer to it."""

    problem: Problem
    catalogue: Catalogue
    options: Options
    answer: Answer
    phases: Mapping[PhaseName, Outcome]

    @property
    def choices(self) -> Outcome:
        """The phase that money limits, and on which one more place usually works."""
        return self.phases["choices"]


def solved_of(problem: Problem, answer: Answer) -> Solved:
    """The phases behind an answer of `optimiser.match`. Raises StrangeAnswerError where it is another problem's."""
    problem = problem.ordered()
    catalogue = Catalogue(problem)
    options = find_options(problem, catalogue)
    standing = standing_of(answer)
    book = ledger(problem, catalogue, standing)
    phases: dict[PhaseName, Outcome] = {}
    for phase, result in zip(PHASES, answer.summary.phases, strict=True):
        programme = solved_programme(problem, catalogue, options, phase, book)
        phases[phase] = Outcome(
            phase=phase,
            programme=programme,
            placement=placed(programme, columns_of(problem, catalogue, options, programme, standing.chosen)),
            prices=prices_of(problem, programme, standing.prices[phase]),
            relaxation=result.relaxation,
            bound=result.bound,
        )
    return Solved(problem=problem, catalogue=catalogue, options=options, answer=answer, phases=phases)


def columns_of(
    problem: Problem, catalogue: Catalogue, options: Options, programme: Programme, chosen: Mapping[str, str]
) -> Ints:
    """The column of each pupil of a programme who has a provision, by the names of both."""
    names = [problem.pupils[at].pupil for at in programme.members.tolist()]
    provision = np.array([catalogue.position.get(chosen.get(name, ""), -1) for name in names], dtype=np.int64)
    wanted = np.repeat(provision, np.diff(programme.start))
    return np.nonzero(options.provision[programme.option] == wanted)[0]


def column_details(problem: Problem, catalogue: Catalogue, options: Options, programme: Programme) -> Details:
    """Everything about the columns of a programme, in their order: km, money, FTE."""
    pupils = [problem.pupils[at] for at in programme.members.tolist()]
    row = np.repeat(np.arange(len(pupils)), np.diff(programme.start))
    provision = options.provision[programme.option].astype(np.int64)
    return details(catalogue, pupils, row, provision, catalogue.road_km(pupils, row, provision))


def room_of(problem: Problem) -> Floats:
    """The amounts of an ordered problem's pools."""
    return np.array([row.amount for row in problem.pools], dtype=np.float64)
