"""Which pupil goes where, and why not there. Pure: no web, no database.

answer = match(problem)                     the recommendation for every pupil, with its proven gap
answer = match_regions(problem, region_of)  the same region by region, in several processes
violations = check(problem, answer)         [] when the answer holds, by code that shares nothing with the model
ranking = options_for(problem, pupil)       every provision for one pupil: ranked options, and refusals with reasons
reason = refusal(problem, pupil, provision)
"""

from optimiser.answer import (
    Answer,
    Assignment,
    BudgetResult,
    Distances,
    KindTotal,
    PhaseResult,
    PoolResult,
    Stage,
    Summary,
    Unplaced,
)
from optimiser.check import check
from optimiser.clock import Progress
from optimiser.crew import WorkerLostError
from optimiser.eligibility import REASONS
from optimiser.highs import SolverError
from optimiser.memory import TooLittleMemoryError
from optimiser.options import Option, Ranking, Refused, options_for, refusal
from optimiser.problem import Budget, Policy, Pool, Price, Problem, Provision, Pupil, Travel
from optimiser.regions import match_regions
from optimiser.solve import TimeRanOutError, match

__all__ = [
    "REASONS",
    "Answer",
    "Assignment",
    "Budget",
    "BudgetResult",
    "Distances",
    "KindTotal",
    "Option",
    "PhaseResult",
    "Policy",
    "Pool",
    "PoolResult",
    "Price",
    "Problem",
    "Progress",
    "Provision",
    "Pupil",
    "Ranking",
    "Refused",
    "SolverError",
    "Stage",
    "Summary",
    "TimeRanOutError",
    "TooLittleMemoryError",
    "Travel",
    "Unplaced",
    "WorkerLostError",
    "check",
    "match",
    "match_regions",
    "options_for",
    "refusal",
]
