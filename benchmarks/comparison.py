"""Times the benchmark pages at a thousand settings and writes them to docs/performance.md:
`python -m benchmarks.comparison`.

Whole requests through the Flask test client, from the session's cookie to the last byte, on a PostgreSQL of its own;
and the survey that they read, which a worker makes.
"""

import gc
import logging
import subprocess
import sys
import time

import structlog
from sqlalchemy import func, select

from benchmarks.market import served
from benchmarks.options import row, sign_in, timed
from benchmarks.page import machine, write_section
from marketplace.db import transaction
from marketplace.models import Authority, Pattern, Provider, Provision, Role, Setting, SurveyedPrice, User, today
from marketplace.permissions import SYSTEM
from marketplace.services.benchmarks.survey import renew_survey

PROVISIONS = 2_000
SEED = 12
TIMES = 40
PAGES = {
    "by LA, one band and pattern": "/benchmarks?band=intensive&pattern=day&by=la",
    "by setting, all bands and patterns, the table": "/benchmarks?by=setting&view=table",
    "the same, as CSV": "/benchmarks.csv?by=setting",
    "one setting with all its patterns": "/settings/{setting}/benchmarks",
}
LOAD = """import time, numpy; started = time.process_time()
import statsmodels.regression.quantile_regression; print(time.process_time() - started)"""
INTRODUCTION = """Written by `make bench` (`python -m benchmarks.comparison`): the demonstration's region (seed {seed}),
whose settings are copied side by side (`benchmarks/market.py`) into a market of {settings:,} settings with
{prices:,} prices that can be compared. One request at a time, web process and database on one
machine: {machine}. The target is 500 ms of processor time.

A worker surveys all of it in {survey:.1f} s of processor time, the three regressions included; its first survey
also imports statsmodels, {load:.1f} s, which no web process does. A survey that would find
nothing new ends after {state:.0f} ms.

The processor's time is that of the web process alone; where the load was above 1, other work on the machine took turns
with the requests, and their milliseconds hold the waiting.

| request | median ms | 95% within ms | of it processor, median | 95% | most queries | load |
|:--|--:|--:|--:|--:|--:|--:|
"""


def main() -> None:
    """Build the market, survey it, time every page, print and write the table."""
    with served(provisions=PROVISIONS, seed=SEED, on=today()) as app:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        survey, state = _survey(), 1000 * _survey()
        with transaction(SYSTEM) as session:
            text = INTRODUCTION.format(
                seed=SEED,
                machine=machine(),
                settings=session.scalar(select(func.count(Setting.id))),
                prices=session.scalar(
                    select(func.count(SurveyedPrice.id))
                    .group_by(SurveyedPrice.survey_id)
                    .order_by(SurveyedPrice.survey_id.desc())
                    .limit(1)
                ),
                load=float(subprocess.check_output([sys.executable, "-c", LOAD])),
                survey=survey,
                state=state,
            )
            boarding = select(Provision.setting_id).where(Provision.pattern != Pattern.DAY)
            setting = session.scalar(boarding.group_by(Provision.setting_id).order_by(func.count().desc()).limit(1))
            people = select(User.email).order_by(User.id)
            buyer = session.scalar(people.join(Authority, Authority.id == User.organisation_id))
            run = select(Setting.provider_id).group_by(Setting.provider_id).order_by(func.count().desc()).limit(1)
            editor = session.scalar(
                people.join(Provider, Provider.id == User.organisation_id).where(
                    User.organisation_id == run.scalar_subquery(), User.role_rows.any(role=Role.PROVIDER_EDITOR)
                )
            )
        gc.freeze()  # as `marketplace serve` does
        for email, pages in ((buyer, PAGES), (editor, {"where a provider of many settings stands": "/standing"})):
            client = app.test_client()
            sign_in(client, str(email))
            for name, path in pages.items():
                paths = [path.format(setting=setting)] * TIMES
                text += row(name, list(timed(client, app.extensions["database"], paths))) + "\n"
    print(text)
    write_section("Benchmarks of prices", text)


def _survey() -> float:
    """Seconds of the processor that a worker's look takes."""
    started = time.process_time()
    with transaction(SYSTEM) as session:
        renew_survey(session, SYSTEM, on=today())
    return time.process_time() - started


if __name__ == "__main__":
    main()
