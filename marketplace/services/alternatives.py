"""Alternatives: where to turn when a place has gone, so that nobody who lost it stands before nothing.

First those that can be awarded now and have room, then those that may be consulted and have room. It must never promise
a place: what is free now may have gone in a minute.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from sqlalchemy.orm import Session

from marketplace.models import Need, Provision
from marketplace.permissions import Actor
from marketplace.services.choices import Choice
from marketplace.services.matching.options import provisions_by_id, rank_options

MOST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A provision with room. `is_choice`: it can be awarded as it stands; otherwise its setting is to be consulted
    first. `total`, the marginal public cost, is in pence a year."""

    provision: Provision
    is_choice: bool
    total: int
    road_km: float | None


def next_best(
    session: Session, actor: Actor, *, need: Need, found: Sequence[Choice], gone: Provision, on: date
) -> list[Alternative]:
    """The next best three beside the provision that has gone."""
    return list(islice(_alternatives(session, actor, need, found, gone, on), MOST))


def _alternatives(
    session: Session, actor: Actor, need: Need, found: Sequence[Choice], gone: Provision, on: date
) -> Iterator[Alternative]:
    for choice in found:
        is_other = choice.provision.setting_id != gone.setting_id
        if is_other and choice.verdict.routes and choice.has_room and choice.total is not None:
            km = choice.journey.road_km if choice.journey else None
            yield Alternative(provision=choice.provision, is_choice=True, total=choice.total, road_km=km)
    compared = {choice.provision.setting.urn for choice in found}
    options = [
        option
        for option in rank_options(session, actor, need=need, on=on).options
        if option.setting_urn not in compared and option.vacant >= option.use
    ][:MOST]
    named = provisions_by_id(session, [option.provision_id for option in options])
    for option in options:
        yield Alternative(
            provision=named[option.provision_id], is_choice=False, total=option.total, road_km=option.road_km
        )
