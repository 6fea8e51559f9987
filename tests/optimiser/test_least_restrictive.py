"""The preference for the least restrictive suitable kind: off unless asked for, before all else at a large weight."""

import json
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings

from optimiser import Answer, Policy, Problem, check, match, options_for
from optimiser.answer_files import write_answer
from optimiser.eligibility import Catalogue
from optimiser.files import problem_sha256
from optimiser.options import find_options
from optimiser.policy_file import policy_text
from tests.optimiser import oracle
from tests.optimiser.problems import problem, problems, provision, pupil

STEPS = {"outreach": 0, "porous": 1, "full": 2}
KINDS = (
    provision(provision="V1"),
    provision(provision="V2", kind="porous", sessions=5),
    provision(provision="V3", kind="outreach", pool="K2"),
)
EVERY_KIND = ("full", "porous", "outreach")


def with_weight(source: Problem, weight: float) -> Problem:
    return replace(source, policy=replace(source.policy, least_restrictive_weight=weight))


def chosen(answer: Answer) -> dict[str, str]:
    return {row.pupil: row.provision for row in answer.assignments}


def test_the_weight_is_off_unless_it_is_given() -> None:
    assert Policy().least_restrictive_weight == 0.0


def test_a_step_counts_its_weight_and_outreach_none() -> None:
    source = problem((pupil(options=EVERY_KIND),), KINDS).ordered()
    plain, weighed = (
        find_options(each, Catalogue(each)) for each in (with_weight(source, 0.0), with_weight(source, 10.0))
    )
    before = dict(zip(plain.provision.tolist(), plain.objective.tolist(), strict=True))
    after = dict(zip(weighed.provision.tolist(), weighed.objective.tolist(), strict=True))
    assert {at: after[at] - before[at] for at in before} == {0: 20.0, 1: 10.0, 2: 0.0}


def test_a_dearer_split_week_is_taken_before_a_full_place_where_the_weight_says_so() -> None:
    source = problem((pupil(options=("full", "porous")),), KINDS[:2])
    dear = replace(
        source,
        prices=tuple(replace(row, price=900_000) if row.provision == "V2" else row for row in source.prices),
    )
    assert chosen(match(dear)) == {"P1": "V1"}
    assert chosen(match(with_weight(dear, 200.0))) == {"P1": "V2"}


def test_a_duty_keeps_what_the_law_fixes_whatever_the_weight() -> None:
    source = problem((pupil(options=EVERY_KIND, locked="V1"),), KINDS)
    assert chosen(match(with_weight(source, 400.0))) == {"P1": "V1"}


def test_a_pupil_for_whom_a_full_place_alone_is_suitable_still_has_one() -> None:
    source = problem((pupil(),), KINDS)
    assert chosen(match(with_weight(source, 499.0))) == {"P1": "V1"}


@settings(max_examples=200)
@given(problems(pupils=10, provisions=8))
def test_at_a_large_weight_nobody_has_a_fuller_kind_while_a_less_restrictive_one_has_room_and_money(
    random_one: Problem,
) -> None:
    policy = replace(
        random_one.policy,
        bound_gap=0.0,
        least_restrictive_weight=2_000.0,  # above what way, cost and wishes can differ by in these problems
        unplaced=(64_000.0, 32_000.0, 24_000.0, 16_000.0, 8_000.0),
    )
    source = replace(random_one, policy=policy)
    answer = match(source, seconds=30)
    assert check(source, answer) == []
    room = {row.pool: row.amount - row.used for row in answer.pools}
    money = {row.la: row.left for row in answer.budgets}
    kinds = {row.provision: row.kind for row in source.provisions}
    has = {row.pupil: row for row in answer.assignments}
    for child in source.pupils:
        row = has.get(child.pupil)
        if row is None or row.phase == "duties":
            continue
        own = next(pair for pair in oracle.pairs(source, child) if pair.provision == row.provision)
        for pair in oracle.pairs(source, child):
            if STEPS[kinds[pair.provision]] < STEPS[row.kind]:
                free = room[pair.pool] + (own.use if own.pool == pair.pool else 0.0)
                lacks_room = pair.use > free + 1e-6
                lacks_money = child.la in money and pair.cost > money[child.la] + own.cost
                assert lacks_room or lacks_money, (child.pupil, row.provision, pair.provision)


@settings(max_examples=50)
@given(problems(pupils=12, provisions=10))
def test_at_weight_0_every_objective_is_to_the_last_bit_what_it_was_before_there_was_one(random_one: Problem) -> None:
    source, policy = with_weight(random_one, 0.0), random_one.policy
    for child in source.pupils:
        for row in options_for(source, child).options:
            cost = policy.cost_weight * row.cost / 1000
            assert row.objective == row.child_km + cost + policy.preference_weight * row.wish


def test_where_it_is_off_a_problem_is_written_and_hashed_as_before_there_was_one() -> None:
    """A result folder of an earlier version is explained only where its problem still has the SHA-256 of the run."""
    assert "least_restrictive_weight" not in policy_text(Policy())
    weighed = Policy(least_restrictive_weight=3.5)
    assert "least_restrictive_weight = 3.5\n" in policy_text(weighed)
    assert problem_sha256(problem(policy=weighed)) != problem_sha256(problem())


def test_the_summary_of_an_answer_says_what_a_step_counted(tmp_path: Path) -> None:
    source = with_weight(problem((pupil(options=EVERY_KIND),), KINDS), 12.5)
    write_answer(source, match(source), tmp_path / "out", version="1.0")
    policy = json.loads((tmp_path / "out" / "summary.json").read_text())["policy"]
    assert policy["least_restrictive_weight"] == 12.5
