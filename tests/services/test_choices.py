"""What an LA decides between: nothing left out, each at its own price on its own day, in an order that is no ranking by
price alone."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.models import Need, Provision, Route, Setting
from marketplace.permissions import SYSTEM
from marketplace.services.choices import Choice, choices
from marketplace.services.evidence import comparison
from tests import builders
from tests.deciding import INDEPENDENT, ON, S41, STARTS, STATE, Deciding


def found(case: Deciding, session: Session, on: date = ON, starts_on: date | None = None) -> dict[str, Choice]:
    """The choices by the first word of their settings, in their order."""
    need = session.get_one(Need, case.need)
    rows = choices(session, need=need, on=on, starts_on=starts_on)
    return {row.provision.setting.name.split()[0]: row for row in rows}


def test_the_request_comes_first_then_offers_by_cost_then_the_others(database: Engine) -> None:  # noqa: ARG001
    types = dict.fromkeys(("Ash", "Birch", "Cedar", "Dogwood"), S41)
    case = Deciding(types=types, request="Dogwood", prices={"Ash": 5_000_000, "Birch": 4_000_000, "Cedar": 1_000_000})
    case.ask("Ash", "Birch", "Cedar")
    case.offer("Ash")
    case.offer("Birch")
    with transaction(SYSTEM) as session:
        rows = found(case, session)
        assert list(rows) == ["Dogwood", "Birch", "Ash", "Cedar"]
        assert (rows["Dogwood"].consultation, rows["Dogwood"].is_requested) == (None, True)
        assert rows["Birch"].verdict.routes == (Route.OFFER, Route.ORDER)
        assert rows["Cedar"].verdict.routes == (Route.ORDER,)


def test_an_offer_keeps_its_price_and_its_first_day(database: Engine) -> None:  # noqa: ARG001
    case = Deciding()
    case.ask("Ash", "Birch")
    case.offer("Ash", variation=100_000, variation_reason="Two more adults.")
    case.reprice("Ash", starts_on=STARTS, intensive=9_900_000)
    case.reprice("Birch", starts_on=STARTS, intensive=9_900_000)
    with transaction(SYSTEM) as session:
        before, after = found(case, session, starts_on=ON), found(case, session, starts_on=STARTS)
        assert (before["Ash"].fee, after["Ash"].fee) == (4_900_000, 4_900_000)
        assert before["Ash"].starts_on == STARTS, "not before the day from which it is offered"
        assert (before["Birch"].fee, after["Birch"].fee) == (4_800_000, 9_900_000)


def test_place_funding_that_is_paid_anyway_is_no_cost(database: Engine) -> None:  # noqa: ARG001
    case = Deciding(types={"Ash": STATE, "Birch": INDEPENDENT})
    case.ask("Ash", "Birch")
    with transaction(SYSTEM) as session:
        rows = found(case, session)
        assert (rows["Ash"].fee, rows["Ash"].place) == (4_800_000, 3_800_000)
        assert (rows["Birch"].fee, rows["Birch"].place) == (4_800_000, 4_800_000)
        for row in rows.values():
            assert row.total == row.place + row.transport
            assert row.transport > 0


def test_what_an_order_fixes_comes_first_and_rules_the_others_out(database: Engine) -> None:  # noqa: ARG001
    case = Deciding(request="Birch")
    case.ask("Ash")
    case.offer("Ash")
    with transaction(SYSTEM) as session:
        session.get_one(Need, case.need).locked_id = case.provisions["Cedar"]
    with transaction(SYSTEM) as session:
        rows = found(case, session)
        assert list(rows) == ["Cedar", "Birch", "Ash"]
        assert rows["Cedar"].is_ordered
        assert [row.verdict.routes for row in rows.values()] == [(Route.ORDER,), (), ()]


def test_an_order_for_another_provision_of_the_setting_comes_before_what_it_offers(database: Engine) -> None:  # noqa: ARG001
    case = Deciding()
    case.ask("Ash")
    case.offer("Ash")
    with transaction(SYSTEM) as session:
        setting = session.get_one(Setting, case.settings["Ash"])
        other = builders.provision(session, builders.pool(session, setting, name="Annexe"), name="Annexe")
        session.get_one(Need, case.need).locked_id = other.id
    with transaction(SYSTEM) as session:
        rows = found(case, session)
        assert list(rows) == ["Ash"]
        assert rows["Ash"].provision.name == "Annexe"
        assert rows["Ash"].verdict.routes == (Route.ORDER,)
        assert (rows["Ash"].fee, rows["Ash"].total) == (None, None), "the offer's price is another provision's"


def test_silence_counts_once_the_days_are_over_whenever_the_placement_is_needed(database: Engine) -> None:  # noqa: ARG001
    case = Deciding()
    case.ask("Ash")
    with transaction(SYSTEM) as session:
        session.get_one(Need, case.need).starts_on = date(2027, 9, 1)
    with transaction(SYSTEM) as session:
        due = case.consultation(session, "Ash").due_on
        assert found(case, session, on=due)["Ash"].verdict.routes == (Route.ORDER,)
        assert found(case, session, on=due + timedelta(days=1))["Ash"].verdict.routes == (Route.SILENCE, Route.ORDER)


def test_a_way_is_known_to_what_the_market_does_not_show_any_more(database: Engine) -> None:  # noqa: ARG001
    case = Deciding()
    case.ask("Ash")
    case.offer("Ash")
    with transaction(SYSTEM) as session:
        session.get_one(Provision, case.provisions["Ash"]).is_offered = False
    with transaction(SYSTEM) as session:
        row = found(case, session)["Ash"]
        assert row.journey is not None
        assert row.total is not None


def test_room_counts_what_is_held_for_this_pupil_and_nothing_of_what_is_held_for_others(database: Engine) -> None:  # noqa: ARG001
    mine = Deciding()
    mine.ask("Ash", "Birch")
    mine.offer("Ash", is_held=True)
    mine.offer("Birch")
    with transaction(SYSTEM) as session:
        mine.provision(session, "Birch").pool.vacancies[0].used = Decimal(1)
    with transaction(SYSTEM) as session:
        rows = found(mine, session)
        assert (rows["Ash"].room, rows["Ash"].has_room) == (Decimal(1), True)
        assert (rows["Birch"].room, rows["Birch"].has_room) == (Decimal(0), False)


def test_a_consultation_that_is_over_is_no_choice(database: Engine) -> None:  # noqa: ARG001
    case = Deciding()
    case.ask("Ash", "Birch")
    with transaction(SYSTEM) as session:
        row = case.consultation(session, "Ash")
        row.status, row.ended_at = "withdrawn", case.at
    with transaction(SYSTEM) as session:
        assert list(found(case, session)) == ["Birch"]


def test_evidence_holds_no_word_that_a_setting_or_a_family_wrote(database: Engine) -> None:  # noqa: ARG001
    case = Deciding()
    case.ask("Ash", "Birch")
    case.offer("Ash", note="He knows our hall.")
    case.refuse("Birch", staffing="Nobody can lift him.")
    with transaction(SYSTEM) as session:
        rows = comparison(list(found(case, session).values()))
    kept = str(rows)
    assert "hall" not in kept
    assert "lift" not in kept
    assert [row["reasons"] for row in rows] == [[], ["staffing"]]
    assert rows[0]["facts"]["capacity"] is None, "not stated, never none"


@pytest.mark.parametrize("kinds", [["full"], ["porous"]])
def test_what_is_requested_is_compared_by_a_kind_that_would_suit(database: Engine, kinds: list[str]) -> None:  # noqa: ARG001
    case = Deciding(request="Ash")
    with transaction(SYSTEM) as session:
        session.get_one(Need, case.need).kinds = kinds
    with transaction(SYSTEM) as session:
        assert list(found(case, session)) == (["Ash"] if kinds == ["full"] else [])
