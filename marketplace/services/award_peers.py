"""What an award's price is beside: the published prices of other settings for the same band and pattern, like for like.

For those who buy, by the same rules as benchmarks. It caps nothing.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from marketplace.models import Award, Kind
from marketplace.services.benchmarks.places import market_of
from marketplace.services.benchmarks.survey import latest_survey
from pricing.peers import Peers


@dataclass(frozen=True, slots=True)
class Beside:
    """The published price of the provision like for like, pence a year, and its peers, as surveyed on a day; `peers`
    None where there are too few to be shown."""

    on: date
    amount: int
    peers: Peers | None


def beside_peers(session: Session, award: Award) -> Beside | None:
    """Where the award's provision stands among its peers; None where it cannot be compared: porous and outreach prices
    are not, nor is a price that lacks figures, nor anything before the first survey."""
    survey = latest_survey(session)
    if survey is None or award.provision.kind is not Kind.FULL:
        return None
    cell = (award.band, award.provision.pattern)
    market = market_of(session, survey, award.setting, {cell})
    own = next((price for price in market.of(cell) if price.provision_id == award.provision_id), None)
    return Beside(survey.on, own.amount, market.peers(cell, own.amount)) if own else None
