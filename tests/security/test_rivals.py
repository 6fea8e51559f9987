"""What one provider asks or offers, unpublished, is known to it and to whom it was offered: never to a rival, were it
consulted about the same pupil, nor to another LA (S06)."""

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from marketplace.db import transaction
from marketplace.models import AwardStatus, Band, Consultation, Offer, Part, PriceLine, PriceSchedule, Provision
from marketplace.permissions import SYSTEM
from tests import builders, commissioning
from tests.consulting import Consulting
from tests.security.test_policy import address, readable, routes

SignIn = Callable[[str], FlaskClient]
AMOUNT = 3_133_719  # pence, of no other price here
# As a page, a chart, a file or JSON would write it, alone or on top of the published fee of £48,000.
CANARIES = ("31,337", "31337", "3133719", "79,337", "79337", "7933719", "RivalNote", "RivalReason")


@pytest.fixture
def market(database: Engine) -> Consulting:  # noqa: ARG001
    """Heron and Wren are consulted about one pupil. Wren offers at more than its published price, which is proposed to
    be awarded, and drafts its next prices; Heron offers too."""
    case = Consulting()
    elm, ash = case.consult("Elm", "Ash")
    if case.kept(elm).provision_id != case.provisions["Elm"]:
        elm, ash = ash, elm
    for consultation_id, who in ((elm, "heron"), (ash, "wren")):
        case.open(consultation_id, who)
    case.offer(elm)
    case.offer(ash, "wren", variation=AMOUNT, variation_reason="RivalReason", note="RivalNote")
    with transaction(SYSTEM) as session:
        ash_row = session.get_one(Consultation, ash)
        provision = session.get_one(Provision, ash_row.provision_id)
        commissioning.award(
            session,
            ash_row.need,
            provision,
            ash_row,
            status=AwardStatus.PROPOSED,
            variation=AMOUNT,
            threshold=0,
            variation_reason="RivalReason",
        )
        draft = PriceSchedule(setting_id=provision.setting_id, version=2, starts_on=date(2027, 9, 1))
        line = {"provision_id": provision.id, "part": Part.CORE, "weeks": 38, "amount": AMOUNT}
        draft.lines = [PriceLine(band=band, **line) for band in (Band.MODERATE, Band.INTENSIVE)]
        builders.kept(session, draft)
        assert session.scalars(select(Offer.variation).order_by(Offer.variation)).all() == [0, AMOUNT]
    return case


def told(app: Flask, client: FlaskClient, case: Consulting, name: str) -> dict[str, set[str]]:
    """By address, the canaries in what somebody is answered there, about the settings of this name and the need."""
    with transaction(SYSTEM) as session:
        setting_id, provision_id = case.settings[name], case.provisions[name]
        asked = session.scalars(select(Consultation).where(Consultation.setting_id == setting_id)).one()
        schedules = select(PriceSchedule.id).where(PriceSchedule.setting_id == setting_id)
        schedule_id = session.scalars(schedules.order_by(PriceSchedule.version.desc())).first()
        pool_id = session.get_one(Provision, provision_id).pool_id
    ids: dict[str, int | None] = {
        "setting_id": setting_id, "provision_id": provision_id, "pool_id": pool_id, "schedule_id": schedule_id,
        "consultation_id": asked.id, "need_id": asked.need_id, "authority_id": asked.authority_id,
    }  # fmt: skip
    found = {}
    for route, method in routes(app):
        others = {argument: 1 for argument in route.arguments if argument.endswith("_id")}
        url = address(app, route, {**others, **ids})
        if method == "GET" and url:
            with client.get(url) as answer:
                said = readable(answer) + str(answer.headers)
            found[url] = {canary for canary in CANARIES if canary in said}
    return {url: canaries for url, canaries in found.items() if canaries}


@pytest.mark.parametrize("who", ["heron", "clerk", "other"])
def test_neither_a_rival_nor_another_authority_learns_what_was_asked_or_offered(
    app: Flask, market: Consulting, sign_in: SignIn, who: str
) -> None:
    client = sign_in(market.emails[who])
    for name in ("Elm", "Ash"):
        assert told(app, client, market, name) == {}


@pytest.mark.parametrize("who", ["wren", "commissioner", "approver"])
def test_whose_offer_it_is_and_to_whom_it_was_made_read_it(
    app: Flask, market: Consulting, sign_in: SignIn, who: str
) -> None:
    """Or the test above would find nothing for want of anything to find."""
    found = told(app, sign_in(market.emails[who]), market, "Ash")
    assert {"31,337", "RivalReason"} <= set().union(*found.values())
