"""Briefs: what a setting reads about a pupil when it is consulted. The LA sees the very same before it sends.

Pseudonymous: what it takes to say whether the need can be met, and nothing that says who the pupil is. Identity and
documents are kept apart and open by their own rule.
"""

from typing import TypedDict

from marketplace.models import Need, Provision


class Brief(TypedDict):
    """What is known of a need, by the codes of vocabulary.py; days as ISO. `distance` is in whole km by road, None
    where it was not estimated."""

    reference: str
    authority: str
    footing: str
    last_education_on: str | None
    year_group: int
    sex: str | None
    starts_on: str | None
    primary_need: str
    secondary_needs: list[str]
    levels: list[int]  # in the order of vocabulary.AREAS
    requirements: list[str]
    kinds: list[str]
    pattern: str
    band: str | None
    band_reasons: list[str]
    mainstream: str
    is_requested: bool  # the parents request this setting
    distance: int | None


def brief_of(need: Need, provision: Provision, *, road_km: float | None) -> Brief:
    """The brief of a published need for one provision."""
    assert need.year_group is not None
    assert need.pattern is not None
    return Brief(
        reference=need.reference,
        authority=need.authority.name,
        footing=need.footing.value,
        last_education_on=need.last_education_on.isoformat() if need.last_education_on else None,
        year_group=need.year_group,
        sex=need.sex,
        starts_on=need.starts_on.isoformat() if need.starts_on else None,
        primary_need=need.primary_need or "",
        secondary_needs=list(need.secondary_needs),
        levels=list(need.levels),
        requirements=list(need.requirements),
        kinds=list(need.kinds),
        pattern=need.pattern.value,
        band=need.band.value if need.band else None,
        band_reasons=list(need.band_reasons),
        mainstream=need.mainstream or "",
        is_requested=need.request_id == provision.setting_id,
        distance=None if road_km is None else round(road_km),
    )
