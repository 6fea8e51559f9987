"""Prices like for like as pages show them: by the tariff in force and its framework, never with figures missing."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from marketplace.models import Band, Discipline, Kind, Part, Pattern, PriceLine, PriceSchedule, Unit
from marketplace.services.schedule_review import Review, review
from pricing.money import total
from tests import builders

SOME = {Discipline.SALT: ("1.5", 627_000), Discipline.OCCUPATIONAL: ("0.25", 0)}


def hours(provision_id: int, band: Band = Band.MODERATE, **given: Any) -> PriceLine:
    return PriceLine(**{"provision_id": provision_id, "band": band, "weeks": 38, "amount": 0, **given})


def schedule(session: Session, *, none: bool = False, la: str = "303", **given: Any) -> PriceSchedule:
    """A moderate price of a full placement by day in LA 303, 38 weeks, with some therapy; `none` of psychology."""
    setting = builders.setting(session, builders.authority(session, code=la), builders.provider(session))
    provision = builders.provision(session, builders.pool(session, setting), **given)
    lines = [
        hours(provision.id, part=Part.THERAPY, discipline=discipline, hours_a_week=Decimal(a_week), amount=amount)
        for discipline, (a_week, amount) in SOME.items()
    ]
    if none:
        lines.append(hours(provision.id, part=Part.THERAPY, discipline=Discipline.PSYCHOLOGY, hours_a_week=Decimal(0)))
    return builders.schedule(session, provision, lines=lines, moderate=3_120_000)


def only(found: Review) -> Any:
    ((_, comparison),) = found.comparisons.items()
    return comparison


def test_every_penny_of_the_like_for_like_price_is_in_a_line_that_can_be_disputed(session: Session) -> None:
    builders.tariff(session)
    found = only(review(session, schedule(session)))
    assert [(line.label, line.amount) for line in found.lines] == [
        ("Core education", 3_120_000),
        ("Therapy, speech and language therapy", 627_000),
        ("Therapy, occupational therapy", 0),
        ("Speech and language therapy beyond standard", -(11_000 * 38)),
        ("Area", -246_593),
    ]
    assert found.like_for_like == total(found.lines) == 3_082_407
    assert found.guide.amount == 3_000_000  # the band's price by day, at area factor 1


def test_none_is_compared_and_not_stated_is_missing(session: Session) -> None:
    content = builders.framework(session).content
    standard = {"weeks": 38, "salt": 0.5, "occupational": 0, "physio": 0, "psychology": 1, "other": 0, "one_to_one": 0}
    rates = {"salt": 110, "occupational": 105, "physio": 100, "psychology": 130, "other": 80, "one_to_one": 17.2}
    rule = builders.framework(session, content={**content, "content": {"moderate": standard}, "rates": rates})
    builders.tariff(session, framework=rule)
    unstated = only(review(session, schedule(session)))
    assert unstated.missing == ("psychology: hours a week (0 for none) and amount",)
    assert (unstated.like_for_like, unstated.variance, unstated.lines) == (None, None, ())
    stated = only(review(session, schedule(session, none=True, la="304")))
    assert stated.missing == ()
    assert [str(line) for line in stated.lines if "sychology" in line.label] == [
        "Therapy, psychology: £0 (none)",
        "Psychology short of standard: £4,940 (none, standard 1; £130 an hour, 38 weeks)",
    ]


def test_a_price_by_the_week_is_set_beside_the_bands_price_of_its_pattern(session: Session) -> None:
    builders.tariff(session)
    found = only(review(session, schedule(session, pattern=Pattern.WEEKLY)))
    assert found.guide.amount == 4_500_000
    assert found.missing == ("residential care: amount (0 if it is in another line)",)


@pytest.mark.parametrize("kind", [Kind.POROUS, Kind.OUTREACH])
def test_porous_and_outreach_prices_are_not_compared_with_a_full_placement(session: Session, kind: Kind) -> None:
    builders.tariff(session)
    setting = builders.setting(session, builders.authority(session), builders.provider(session))
    pool = builders.pool(session, setting, unit=Unit.HOURS)
    provision = builders.provision(session, pool, kind=kind, sessions=4 if kind is Kind.POROUS else None)
    assert review(session, builders.schedule(session, provision)).comparisons == {}


def test_a_band_or_pattern_without_a_price_in_the_tariff_and_a_day_without_a_tariff_have_no_comparison(
    session: Session,
) -> None:
    row = schedule(session)
    assert review(session, row).comparisons == {}
    intensive = {
        "name": "T",
        "basis": "local",
        "valid_from": "2026-04-01",
        "band": {"intensive": 1},
        "pattern": {"day": 1},
    }
    builders.tariff(session, content=intensive)
    assert review(session, row).comparisons == {}
    builders.tariff(session, content={**intensive, "band": {"moderate": 1}}, owner_id=row.setting.authority_id)
    assert len(review(session, row).comparisons) == 1
    row.lines[0].provision.pattern = Pattern.WEEKLY
    assert review(session, row).comparisons == {}
