"""Alternatives: where to turn when a place has gone, so that nobody who lost it stands before nothing.

First the offers with room, then settings that are full, or silent beyond their days, with room; then those that may be
consulted; last those that refuse. It must never promise a place: what is free now may have gone in a minute.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from sqlalchemy.orm import Session

from marketplace.models import Need, Provision, Route
from marketplace.permissions import Actor
from marketplace.services.choices import Choice
from marketplace.services.matching.options import RankedOption, provisions_by_id, rank_options

MOST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A provision with room. `route`: on what footing it can be awarded as it stands, None where its setting is to be
    consulted first. `total`, the marginal public cost, is in pence a year."""

    provision: Provision
    route: Route | None
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
    with_room = [
        choice
        for choice in found
        if choice.provision.setting_id != gone.setting_id and choice.verdict.routes and choice.has_room
    ]
    yield from _on_footing(with_room, Route.OFFER)
    yield from _on_footing(with_room, Route.FULL, Route.SILENCE)
    options: dict[int, RankedOption] = {}  # the best of each setting
    for option in rank_options(session, actor, need=need, on=on).options:
        if option.vacant >= option.use:
            options.setdefault(option.setting_urn, option)
    for choice in found:
        options.pop(choice.provision.setting.urn, None)
    named = provisions_by_id(session, [option.provision_id for option in options.values()])
    for option in options.values():
        yield Alternative(provision=named[option.provision_id], route=None, total=option.total, road_km=option.road_km)
    yield from _on_footing(with_room, Route.REFUSAL)


def _on_footing(found: Sequence[Choice], *routes: Route) -> Iterator[Alternative]:
    for choice in found:
        route = choice.verdict.routes[0]
        if route in routes and choice.total is not None:
            km = choice.journey.road_km if choice.journey else None
            yield Alternative(provision=choice.provision, route=route, total=choice.total, road_km=km)
