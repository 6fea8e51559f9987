"""What a setting that is not registered as a school may take: part of a week, less of it for a pupil with an EHCP, and
never the roll. Tried where a provision is entered, in matching, at a consultation, in a variation and in a plan."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from marketplace.errors import Conflict, Invalid
from marketplace.models import (
    At,
    ConsultationStatus,
    Footing,
    Kind,
    Need,
    Pattern,
    Placement,
    Role,
    Route,
    SettingType,
    Sex,
)
from marketplace.services import consultations, needs, placements, porous_plans, provisions, registration, restrictions
from marketplace.services.award_checks import require_complete
from marketplace.services.choices import choices
from marketplace.services.law import AGREEMENT, DUTIES, verdict
from marketplace.services.matching.options import UNREGISTERED, rank_options
from tests import builders, commissioning
from tests.running import ON, running

NUMBER = 990_007
SAID: dict[str, Any] = {
    "name": "Workshop", "low_year": 7, "high_year": 11, "sex": Sex.MIXED, "needs": ["SEMH"], "max_ci": 3, "max_cl": 3,
    "max_semh": 4, "max_sp": 0, "facilities": [], "las": [], "pattern": Pattern.DAY, "sessions": None, "shares": None,
    "radius_km": None, "pool_id": None, "pool_name": "Bench places",
}  # fmt: skip


class Market:
    """An unregistered setting that takes five sessions, and a commissioner with a need."""

    def __init__(self, session: Session, footing: Footing) -> None:
        la, provider = builders.authority(session), builders.provider(session)
        self.setting = builders.setting(
            session, la, provider, urn=NUMBER, type=SettingType.AP, is_registered=False, name="Fictional Workshop"
        )
        pool = builders.pool(session, self.setting)
        self.provision = builders.provision(session, pool, kind=Kind.POROUS, sessions=5)
        builders.schedule(session, self.provision)
        self.commissioner = builders.acting(builders.user(session, la, Role.COMMISSIONER))
        self.editor = builders.acting(builders.user(session, provider, Role.PROVIDER_EDITOR))
        out = {"footing": footing, "roll_school": "Larch High School", "mainstream": "A key adult."}
        self.need = builders.need(session, la, kinds=["full", "porous"], **out)
        session.flush()


@pytest.mark.parametrize(("kind", "sessions", "footing", "on_roll", "refused"), [
    (Kind.FULL, None, None, False, True),
    (Kind.OUTREACH, None, Footing.EHCP, False, False),
    (Kind.POROUS, 5, None, False, False),
    (Kind.POROUS, 6, None, False, True),
    (Kind.POROUS, 5, Footing.EXCLUDED, False, False),
    (Kind.POROUS, 5, Footing.EHCP, False, True),
    (Kind.POROUS, 4, Footing.EHCP, False, False),
    (Kind.POROUS, 4, Footing.AT_RISK, True, True),
])  # fmt: skip
def test_the_rule_cell_by_cell(
    session: Session, kind: Kind, sessions: int | None, footing: Footing | None, on_roll: bool, refused: bool
) -> None:
    market = Market(session, Footing.EHCP)
    said = {"footing": footing, "is_on_roll": on_roll}
    assert (registration.fault(market.setting, kind, sessions, **said) is not None) == refused
    registered = builders.setting(session, market.setting.authority, type=SettingType.AP)
    assert registration.fault(registered, kind, sessions, **said) is None


def test_a_provider_enters_neither_a_full_placement_nor_more_than_five_sessions(session: Session) -> None:
    market = Market(session, Footing.EHCP)
    of = {"setting_id": market.setting.id}
    with pytest.raises(Conflict, match="takes nobody full-time"):
        provisions.add_provision(session, market.editor, kind=Kind.FULL, **of, **SAID)
    with pytest.raises(Invalid) as refused:
        provisions.add_provision(session, market.editor, kind=Kind.POROUS, **of, **{**SAID, "sessions": 6})
    assert refused.value.errors.keys() == {"sessions"}
    kept = provisions.add_provision(session, market.editor, kind=Kind.POROUS, **of, **{**SAID, "sessions": 5})
    assert kept.sessions == 5


@pytest.mark.parametrize(("footing", "is_option"), [(Footing.AT_RISK, True), (Footing.EHCP, False)])
def test_matching_and_consulting_leave_out_what_takes_too_much(
    session: Session, footing: Footing, is_option: bool
) -> None:
    market = Market(session, footing)
    ranked = rank_options(session, market.commissioner, need=market.need, on=ON)
    assert [row.provision_id for row in ranked.options] == ([market.provision.id] if is_option else [])
    assert ranked.refusals == ({} if is_option else {UNREGISTERED: 1})
    ask = {"need": market.need, "provision_ids": [market.provision.id]}
    if is_option:
        assert consultations.choose(session, market.commissioner, **ask) == [market.provision]
        return
    with pytest.raises(Invalid, match="4 of the ten sessions"):
        consultations.choose(session, market.commissioner, **ask)


def test_an_award_of_too_much_is_refused(session: Session) -> None:
    market = Market(session, Footing.EHCP)
    row = commissioning.consultation(session, market.need, market.provision)
    commissioning.offer(session, row)
    (choice,) = choices(session, need=market.need, on=ON)
    assert choice.too_much is not None
    with pytest.raises(Conflict, match="4 of the ten sessions"):
        require_complete([choice], choice, {}, on=ON)  # type: ignore[typeddict-item]


def unregister(placement: Placement) -> None:
    """As if it had never been registered: nothing that is kept of a setting says so afterwards."""
    placement.setting.__dict__["is_registered"] = False  # what the services read; the row stays as it is


@pytest.mark.parametrize(("changes", "field"), [
    ({"sessions": 5}, "sessions"), ({"provision": "day", "sessions": None}, "provision_id"),
])  # fmt: skip
def test_a_variation_to_too_much_is_refused(session: Session, changes: dict[str, Any], field: str) -> None:
    case = running(session, kind="porous", type=SettingType.AP)
    unregister(case.placement)
    name = changes.pop("provision", "porous")
    terms = case.terms(provision_id=case.provisions[name].id, **changes)
    del terms["reason"]
    with pytest.raises(Invalid) as refused:
        placements.vary_placement(
            session, case.commissioner, **case.of(ON), day=case.placement.starts_on, reason="x", **terms
        )
    assert refused.value.errors.keys() == {field}


@pytest.mark.parametrize(("week", "main", "field"), [(5, At.MAINSTREAM, "week"), (4, At.SPECIAL, "main")])
def test_a_plan_of_too_much_is_refused(session: Session, week: int, main: At, field: str) -> None:
    case = running(session, kind="porous", type=SettingType.AP)
    unregister(case.placement)
    sessions = [At.SPECIAL] * week + [At.MAINSTREAM] * (10 - week)
    rides = ["family" if At.SPECIAL in sessions[2 * day : 2 * day + 2] else "none" for day in range(5)]
    said = {**commissioning.said(), "main": main, "week": sessions, "rides": rides}
    with pytest.raises(Invalid) as refused:
        porous_plans.propose_plan(session, case.commissioner, **case.of(ON), **said)
    assert refused.value.errors.keys() == {field}


def change(session: Session, market: Market, **answers: Any) -> Need:
    return needs.change_need(
        session, market.commissioner, need_id=market.need.id, version=market.need.version, on=ON, **answers
    )


def test_nothing_that_is_not_registered_is_requested_or_ordered(session: Session) -> None:
    market = Market(session, Footing.EHCP)
    with pytest.raises(Invalid, match="no plan can name it"):
        change(session, market, request_id=market.setting.id)
    with pytest.raises(Invalid, match="4 of the ten sessions"):
        restrictions.fix_provision(
            session, market.commissioner, need_id=market.need.id, version=market.need.version,
            provision_id=market.provision.id, reason="x",
        )  # fmt: skip


def test_without_an_ehcp_nothing_is_requested_or_ordered(session: Session) -> None:
    market = Market(session, Footing.AT_RISK)
    other = builders.setting(session, market.setting.authority, type=SettingType.SECTION41)
    with pytest.raises(Invalid) as refused:
        change(session, market, request_id=other.id)
    assert refused.value.errors.keys() == {"request_id"}
    with pytest.raises(Invalid, match="no EHCP, so no tribunal"):
        restrictions.fix_provision(
            session, market.commissioner, need_id=market.need.id, version=market.need.version,
            provision_id=market.provision.id, reason="x",
        )  # fmt: skip
    change(session, market, footing=Footing.EHCP)
    change(session, market, request_id=other.id)
    with pytest.raises(Invalid) as kept:
        change(session, market, footing=Footing.AT_RISK)
    assert kept.value.errors.keys() == {"footing"}


@pytest.mark.parametrize("footing", [each for each in Footing if not each.has_plan])
@pytest.mark.parametrize("named", list(SettingType))
def test_without_an_ehcp_a_setting_is_awarded_on_its_offer_alone(footing: Footing, named: SettingType) -> None:
    for reply in (None, *ConsultationStatus):
        found = verdict(named, requested=None, is_named_requested=False, reply=reply, is_overdue=True, footing=footing)
        is_offered = reply is ConsultationStatus.OFFERED
        assert found.routes == ((Route.OFFER,) if is_offered else ())
        assert (found.obstacle == "") == is_offered
        assert (found.test, found.grounds, found.is_consent_due) == (DUTIES[footing], (), False)
    assert (
        verdict(
            named,
            requested=None,
            is_named_requested=False,
            reply=ConsultationStatus.SENT,
            is_overdue=True,
            footing=footing,
        ).obstacle
        == AGREEMENT
    )
