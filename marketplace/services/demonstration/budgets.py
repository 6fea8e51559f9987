"""What each local authority of the demonstration can spend on a run: some more than enough, some too little, one
without a limit."""

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.models import Authority, Budget, Kind, Need, NeedStatus
from marketplace.services.demonstration.people import People
from pricing.guide import NotStated, guide_price
from pricing.tariff import Tariff

# Of what the tariff would expect for the LA's needs, by code; an LA without a share has no limit.
SHARES = {"991": 0.85, "992": 1.0, "993": 0.52, "995": 0.55, "996": 1.0}
ROUND = 10_000_000  # pence: budgets are set in whole £100,000


def add_budgets(session: Session, people: People, tariff: Tariff) -> None:
    """Add the budgets."""
    expected: dict[str, int] = defaultdict(int)
    for need in session.scalars(select(Need).where(Need.status == NeedStatus.PUBLISHED).order_by(Need.id)):
        expected[need.authority.code] += _expected(need, tariff)
    for authority in people.authorities:
        if authority.code in SHARES:
            session.add(Budget(authority=authority, amount=_budget(authority, expected[authority.code])))
    session.flush()


def _budget(authority: Authority, expected: int) -> int:
    return round(SHARES[authority.code] * expected / ROUND) * ROUND


def _expected(need: Need, tariff: Tariff) -> int:
    if need.band is None or need.pattern is None:
        return 0
    try:
        return guide_price(
            tariff, kind=Kind.FULL, band=need.band, pattern=need.pattern, la_code=need.authority.code
        ).amount
    except NotStated:  # the mild band, which only outreach meets
        return 0
