"""The pupils' needs of the demonstration: levels and band, home, year, what is suitable, and some that are drafts.

Primary needs come in the proportions of England's EHC plans (DfE, January 2025). Levels and homes are drawn;
what is preferred or fixed is drawn by `preferences`. No need says who a pupil is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy.orm import Session

import pricing.framework
from marketplace.models import Authority, Band, Framework, Need, NeedStatus, Pattern, Provision
from marketplace.services.demonstration import places
from marketplace.services.demonstration.chance import chance
from marketplace.services.demonstration.people import People
from marketplace.services.demonstration.preferences import prefer, settle
from marketplace.services.demonstration.supply import Offered, terms_of
from marketplace.services.frameworks import rule
from pricing.profile import BandDecision, NeedsProfile, band_for

PUPILS = 600
DRAFTS = 24
SHARES = {"991": 130, "992": 120, "993": 95, "994": 85, "995": 110, "996": 60}  # pupils of each LA; PUPILS in all

PRIMARY_NEEDS = {
    "ASD": 31.5, "SLCN": 21.3, "SEMH": 20.7, "MLD": 10.6, "SLD": 3.9, "PD": 3.9, "SPLD": 2.4, "HI": 1.4, "PMLD": 1.3,
    "OTH": 1.2, "VI": 0.8, "DS": 0.7, "MSI": 0.3,
}  # fmt: skip
# Areas in the order ci, cl, semh, sp: the one in which a primary need stands, and the one that often goes with it.
AREAS = {
    "ASD": (0, 2), "SLCN": (0, 1), "SEMH": (2, 0), "MLD": (1, 0), "SLD": (1, 0), "PD": (3, 1), "SPLD": (1, 0),
    "HI": (3, 0), "PMLD": (1, 3), "OTH": (0, 2), "VI": (3, 1), "DS": (1, 0), "MSI": (3, 0),
}  # fmt: skip
# Weights of level 1 (mild) to 5 (exceptional) in the need's own area.
USUAL, MILDER, HIGHER = (12, 30, 38, 16, 4), (24, 42, 28, 6, 0), (0, 6, 34, 44, 16)
LEVELS = {"MLD": MILDER, "SPLD": MILDER, "SLD": HIGHER, "PMLD": HIGHER, "MSI": HIGHER}
SECONDARY = {"ASD": "SLCN", "SLCN": "MLD", "SEMH": "ASD", "MLD": "SLCN", "SLD": "ASD", "PD": "SLD", "PMLD": "PD"}
REQUIREMENTS = {"PMLD": ("hoist", "step_free"), "PD": ("step_free",), "VI": ("braille",), "ASD": ("low_stimulus",)}
YEARS = dict(zip(range(-1, 15), (2, 6, 5, 5, 5, 6, 7, 9, 12, 9, 8, 8, 7, 5, 3, 3), strict=True))
PRIORITIES = {1: 6, 2: 14, 3: 55, 4: 18, 5: 7}
MAINSTREAM = (
    "Two terms of small-group support and a quiet base were tried. Attendance stayed below half.",
    "A key adult and a reduced timetable helped for some weeks. The school cannot meet the need for therapy on site.",
    "Weekly visits by a specialist teacher and training for staff would let the pupil stay.",
    "Some days in a specialist class, and the rest with friends at the present school, would work.",
    "Signing, an adapted curriculum and a hoist would be needed throughout. The building has neither lift nor hoist.",
)
OVERRIDE = "The panel saw that support through the night raises the level of care beyond the profile."


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What a need is drawn against."""

    framework: Framework
    rule: pricing.framework.Framework
    provisions: tuple[Provision, ...]
    districts: dict[str, list[places.District]]
    rings: dict[str, list[places.Point]]
    on: date


def add_demand(
    session: Session, people: People, supply: Sequence[Offered], framework: Framework, *, seed: int, on: date
) -> None:
    """Add the needs: PUPILS published ones but for DRAFTS, of which some lack answers."""
    random = chance("demand", seed)
    market = Market(
        framework=framework,
        rule=rule(framework),
        provisions=tuple(row for offered in supply for row in offered.provisions),
        districts={
            code: [each for each in places.districts() if each.authority_code == code] for code in places.CORNERS
        },
        rings={code: places.outline(code) for code in places.CORNERS},
        on=on,
    )
    needs = [
        _need(authority, number, market, random)
        for authority in people.authorities
        for number in range(1, SHARES[authority.code] + 1)
    ]
    random.shuffle(needs)
    for need in needs[:DRAFTS]:
        _make_draft(need, random)
    settle(needs[DRAFTS:], market.provisions, random)
    needs.sort(key=lambda need: (need.created_at, need.reference))
    session.add_all(needs)
    session.flush()


def _need(authority: Authority, number: int, market: Market, random: Random) -> Need:
    posted_on = market.on - timedelta(days=random.randrange(1, 60))
    posted_at = datetime.combine(posted_on, time(random.randrange(8, 18)), UTC)
    primary = _one_of(PRIMARY_NEEDS, random)
    levels = _levels(primary, random)
    decision = band_for(NeedsProfile(*levels), market.rule)
    pattern = _pattern(decision, random)
    secondary = SECONDARY.get(primary)
    terms = terms_of(market.on)
    need = Need(
        authority=authority,
        reference=f"{authority.name[:2].upper()}-{1000 + number}",
        status=NeedStatus.PUBLISHED,
        **_profile(levels, decision, market),
        **_home(authority.code, market, random),
        year_group=_one_of(YEARS, random) if pattern is Pattern.DAY else random.randrange(7, 14),
        sex=random.choices(("M", "F", None), (68, 28, 4))[0],
        starts_on=random.choice((None, terms.started, terms.coming)),
        mainstream=random.choice(MAINSTREAM),
        primary_need=primary,
        secondary_needs=[secondary] if secondary and random.random() < 0.5 else [],
        requirements=list(REQUIREMENTS.get(primary, ())) if random.random() < 0.5 else [],
        kinds=_kinds(decision, pattern, random),
        pattern=pattern,
        priority=_one_of(PRIORITIES, random),
        max_km=Decimal(random.choice((15, 20, 30))) if random.random() < 0.08 else None,
        is_transport_entitled=random.random() < 0.3,
        wishes=[],
        forbidden=[],
        created_at=posted_at,
        published_at=posted_at,
    )
    prefer(need, market.provisions, random)
    if need.derived_band is Band.PROFOUND and random.random() < 0.06:
        need.band_override, need.band_override_reason = Band.EXCEPTIONAL, OVERRIDE
    return need


def _one_of(weights: dict[Any, Any], random: Random) -> Any:
    return random.choices(list(weights), list(weights.values()))[0]


def _levels(primary: str, random: Random) -> list[int]:
    main, linked = AREAS[primary]
    if random.random() < 0.01:
        return [0, 0, 0, 0]  # posted although ordinarily available provision meets it
    highest = random.choices(range(1, 6), LEVELS.get(primary, USUAL))[0]
    levels = [max(0, highest - random.choices((1, 2, 3), (10, 40, 50))[0]) for _ in range(4)]
    levels[linked] = max(0, highest - random.choices((0, 1, 2), (18, 52, 30))[0])
    levels[main] = highest
    return levels


def _profile(levels: Sequence[int], decision: BandDecision, market: Market) -> dict[str, Any]:
    names = ("level_ci", "level_cl", "level_semh", "level_sp")
    return {
        **dict(zip(names, levels, strict=True)),
        "framework": market.framework,
        "derived_band": Band(decision.band) if decision.band else None,
        "band_reasons": list(decision.reasons),
    }


def _home(code: str, market: Market, random: Random) -> dict[str, Any]:
    """A district, as most are given; else a grid reference rounded to half a kilometre."""
    district = random.choice(market.districts[code])
    if random.random() < 0.8:
        easting, northing = places.easting_northing(*district.centre)
        return {"home_area": district.code, "easting": easting, "northing": northing}
    easting, northing = places.easting_northing(*places.near(district.centre, market.rings[code], random, spread=3))
    return {"home_area": None, "easting": 500 * round(easting / 500), "northing": 500 * round(northing / 500)}


def _pattern(decision: BandDecision, random: Random) -> Pattern:
    if decision.band is None or decision.band.level < Band.PROFOUND.level:
        return Pattern.DAY
    return random.choices((Pattern.DAY, Pattern.WEEKLY, Pattern.TERMLY, Pattern.ANNUAL), (84, 7, 5, 4))[0]


def _kinds(decision: BandDecision, pattern: Pattern, random: Random) -> list[str]:
    """What a professional judged suitable: outreach for the mildest, with a shared week or a full place above."""
    if pattern is not Pattern.DAY:
        return ["full"]
    if decision.band in (None, Band.MILD):
        return ["outreach"]
    if decision.band is Band.MODERATE:
        return random.choice((["full"], ["full", "porous"], ["porous", "outreach"], ["full", "porous", "outreach"]))
    if decision.band is Band.INTENSIVE:
        return random.choices((["full"], ["full", "porous"], ["full", "porous", "outreach"]), (60, 30, 10))[0]
    return ["full"] if random.random() < 0.9 else ["full", "porous"]


def _make_draft(need: Need, random: Random) -> None:
    """A need that somebody has begun: every other one still lacks answers."""
    need.status, need.published_at = NeedStatus.DRAFT, None
    if random.random() < 0.5:
        need.mainstream, need.kinds, need.pattern, need.priority = None, [], None, None
        need.request, need.ground, need.ground_evidence, need.wishes = None, None, None, []
