"""What parents prefer in the demonstration and what is settled already: requests and grounds against them, wishes,
placements fixed by an order, provisions ruled out."""

from collections.abc import Sequence
from random import Random

from marketplace.models import Ground, Kind, Need, Provision, Setting
from marketplace.services import law

LOCKED = 8
FORBIDDING = 12
EVIDENCE = {
    Ground.UNSUITABLE: "The setting's report says that it cannot meet the level of need in the profile.",
    Ground.EDUCATION_OF_OTHERS: "The class is above its number, and the risk assessment of the group is on file.",
    Ground.RESOURCES: "A suitable setting nearby has a place; the comparison of both costs for this pupil is on file.",
    Ground.PUBLIC_EXPENDITURE: "The comparison of fees and transport for this pupil is on file.",
}


def prefer(need: Need, provisions: Sequence[Provision], random: Random) -> None:
    """A request (with or without a ground against it) or wishes, for settings nearby that could meet the need."""
    settings = list(dict.fromkeys(row.setting for row in provisions if _could_meet(row, need)))
    near = sorted(settings, key=lambda row: (_square_km(row, need), row.urn))[:6]
    draw = random.random()
    if near and draw < 0.16:
        need.request = random.choice(near)
        grounds = law.test_of(need.request.type).grounds
        if random.random() < 0.3:
            need.ground = random.choice(grounds)
            need.ground_evidence = EVIDENCE[need.ground]
    elif near and draw < 0.5:
        need.wishes = [row.id for row in random.sample(near, min(len(near), random.randint(1, 3)))]


def settle(needs: Sequence[Need], provisions: Sequence[Provision], random: Random) -> None:
    """Some placements are fixed by an order, and some provisions are ruled out for a pupil."""
    for place, need in enumerate(needs[: LOCKED + FORBIDDING]):
        suitable = [row for row in provisions if row.kind is not Kind.OUTREACH and _could_meet(row, need)]
        suitable = [row for row in suitable if need.request is None or row.setting is need.request]
        if not suitable:
            continue
        chosen = random.choice(suitable)
        if place < LOCKED:
            need.locked_id = chosen.id
        elif need.request is None:
            need.forbidden = [chosen.id]


def _could_meet(provision: Provision, need: Need) -> bool:
    """Whether a parent would hear of the provision for this need; matching judges eligibility by itself."""
    assert need.year_group is not None
    highest = (provision.max_ci, provision.max_cl, provision.max_semh, provision.max_sp)
    return (
        provision.kind.value in need.kinds
        and provision.pattern is need.pattern
        and provision.low_year <= need.year_group <= provision.high_year
        and need.primary_need in provision.needs
        and all(level <= high for level, high in zip(need.levels, highest, strict=True))
        and (not provision.las or need.authority.code in provision.las)
    )


def _square_km(setting: Setting, need: Need) -> int:
    assert need.easting is not None
    assert need.northing is not None
    return int((setting.easting - need.easting) ** 2 + (setting.northing - need.northing) ** 2)
