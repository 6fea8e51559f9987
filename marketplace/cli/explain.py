"""`marketplace explain`: why an answer on files is as it is, for a pupil, a pool or an LA's budget. Nothing is written.

It must never explain an answer by a problem other than the one that was solved.
"""

from pathlib import Path
from typing import NoReturn

import click

from marketplace.cli.match import above_nothing
from marketplace.cli.refusal import BAD_INPUT, stop
from optimiser.errors import BadProblem
from optimiser.files import problem_sha256, read_problem
from optimiser.inquiry import Inquiry, UnknownError
from optimiser.ledger import StrangeAnswerError
from optimiser.problem import Problem
from optimiser.result_files import NoResultError, Result, read_result


@click.command()
@click.argument("result", type=click.Path(path_type=Path))
@click.argument("pupil", required=False)
@click.option("--pool", help="Explain a pool's shadow price instead.")
@click.option("--budget", help="Explain the shadow price of this LA's budget instead.")
@click.option("--problem", type=click.Path(path_type=Path), help="Where the problem is, if it has moved.")
@click.option("--policy", type=click.Path(path_type=Path), help="Where the policy file is, if it has moved.")
@click.option(
    "--seconds", type=float, default=120.0, show_default=True, callback=above_nothing, help="Time to look for a range."
)
def explain(
    result: Path,
    pupil: str | None,
    pool: str | None,
    budget: str | None,
    problem: Path | None,
    policy: Path | None,
    seconds: float,
) -> None:
    """Explain an answer that `marketplace match` wrote into the folder RESULT.

    For a PUPIL: why this, why not each nearer or cheaper option, what would change it. With --pool or --budget: what
    one more place, hour or £1,000 is worth, and whether that is a range. Ends with 2 when the question is at fault.
    """
    if sum(asked is not None for asked in (pupil, pool, budget)) != 1:
        raise click.UsageError("Give a PUPIL, or --pool POOL, or --budget LA.")
    try:
        found = read_result(result)
        inquiry = Inquiry(_problem(found, result, problem, policy), found.standing)
        if pupil is not None:
            lines = inquiry.pupil(pupil)
        elif pool is not None:
            lines = inquiry.pool(pool, seconds)
        else:
            lines = inquiry.budget(budget or "", seconds)
    except StrangeAnswerError as error:
        _stop(f"{result} is no answer to its problem: {error}.")
    except (NoResultError, UnknownError) as error:
        _stop(str(error))
    click.echo("\n".join(lines))


def _problem(found: Result, result: Path, path: Path | None, policy: Path | None) -> Problem:
    """The problem that was solved, from where it is said to be or was."""
    path, policy = path or found.problem, policy or found.policy
    if path is None:
        _stop(f"{result} does not say where its problem is; give it with --problem.")
    try:
        problem = read_problem(path, policy)
    except OSError as error:
        _stop(f"The problem {path} cannot be read ({error.strerror}); give its place with --problem.")
    except BadProblem as bad:
        _stop(f"The problem {path} cannot be read ({bad.errors[0]}) If it has moved, give its place with --problem.")
    if problem_sha256(problem) != found.sha256:
        _stop(f"The problem {path} is no longer the one that {result} answers; match it again, or give --problem.")
    return problem


def _stop(message: str) -> NoReturn:
    stop(f"Error: {message}", BAD_INPUT)
