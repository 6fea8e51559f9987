"""The provisions pages: add each kind, change, withdraw, offer again; a rival's is not there."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from marketplace.db import transaction
from marketplace.models import AuditEvent, Kind, Pattern, Pool, Provision, Role, Unit
from marketplace.permissions import SYSTEM
from tests import builders

SAID = {
    "name": "Autism base", "pool": "new", "pool_name": "Base places", "pattern": "weekly", "low_year": "7",
    "high_year": "11", "sex": "F", "needs": ["SLCN", "ASD"], "max_ci": "5", "max_cl": "4", "max_semh": "3",
    "max_sp": "2", "facilities": ["step_free"],
}  # fmt: skip


@dataclass
class Trust:
    """A provider's signed-in editor, its setting with a provision on a pool of places, and a rival's of the same."""

    client: FlaskClient
    colleague: str
    la: str
    la_code: str
    setting: int
    pool: int
    provision: int
    rivals_setting: int
    rivals_pool: int
    rivals_provision: int


@pytest.fixture
def trust(sign_in: Callable[[str], FlaskClient]) -> Trust:
    with transaction(SYSTEM) as session:
        la = builders.authority(session)
        sides = []
        for name in ("Fictional Alder School", "Canary Rival School"):
            provider = builders.provider(session)
            setting = builders.setting(session, la, provider, name=name)
            pool = builders.pool(session, setting, name="Day places")
            provision = builders.provision(session, pool, name=f"Day school of {name}")
            sides.append((provider, setting.id, pool.id, provision.id))
        provider = sides[0][0]
        email = builders.user(session, provider, Role.PROVIDER_EDITOR).email
        colleague = builders.user(session, provider, Role.PROVIDER_EDITOR).email
        commissioner = builders.user(session, la, Role.COMMISSIONER).email
    return Trust(sign_in(email), colleague, commissioner, la.code, *sides[0][1:], *sides[1][1:])


def send(client: FlaskClient, path: str, **form: Any) -> TestResponse:
    """Fill in a page: with its CSRF token and its version."""
    page = client.get(path).text
    version = re.search(r'name="version" value="(\d+)"', page)
    return client.post(
        path,
        data={**({"version": version[1]} if version else {}), **form, "csrf_token": builders.csrf_token(page)},
    )


def add(trust: Trust, kind: str, **form: Any) -> TestResponse:
    return send(trust.client, f"/settings/{trust.setting}/provisions/{kind}", **form)


def kept(provision_id: int) -> Provision:
    with transaction(SYSTEM) as session:
        return session.get_one(Provision, provision_id)


def added() -> Provision:
    with transaction(SYSTEM) as session:
        row = session.scalars(select(Provision).order_by(Provision.id.desc()).limit(1)).one()
        assert row.pool
        return row


def test_a_full_placement_is_added_with_a_new_pool_of_places(trust: Trust) -> None:
    assert add(trust, "full", **SAID, las=[trust.la_code], radius_km="9", sessions="4").status_code == 302
    row = added()
    assert (row.setting_id, row.name, row.kind, row.pattern) == (
        trust.setting,
        "Autism base",
        Kind.FULL,
        Pattern.WEEKLY,
    )
    assert (row.needs, row.facilities, row.las) == (["ASD", "SLCN"], ["step_free"], [trust.la_code])
    assert (row.max_ci, row.max_cl, row.max_semh, row.max_sp) == (5, 4, 3, 2)
    assert (row.sessions, row.radius_km) == (None, None)  # of other kinds
    assert (row.pool.name, row.pool.unit, row.pool.setting_id) == ("Base places", Unit.PLACES, trust.setting)
    assert row.pool.confirmed_at is None
    page = trust.client.get("/provisions").text
    assert "Autism base is added." in page
    assert "Full placement, weekly boarding" in page


def test_a_porous_placement_draws_on_the_pool_of_the_full_one(trust: Trust) -> None:
    assert add(trust, "porous", **{**SAID, "pool": trust.pool, "sessions": "4"}).status_code == 302
    row = added()
    assert (row.kind, row.sessions, row.pattern, row.pool_id) == (Kind.POROUS, 4, Pattern.DAY, trust.pool)
    assert "Porous placement, 4 sessions of 10" in trust.client.get("/provisions").text


def test_a_setting_says_how_its_places_are_shared_and_may_share_them_by_the_session_again(trust: Trust) -> None:
    said = {**SAID, "pool": trust.pool, "sessions": "4"}
    assert add(trust, "porous", **said, shares="3").status_code == 422
    assert add(trust, "porous", **said, shares="2").status_code == 302
    row = added()
    assert row.shares == 2
    assert '<option value="2" selected>Halves: five sessions each' in trust.client.get(f"/provisions/{row.id}").text
    assert "places are shared by: halves" in send(trust.client, f"/provisions/{row.id}", **said, version="0").text
    assert send(trust.client, f"/provisions/{row.id}", **said).status_code == 302
    assert kept(row.id).shares is None


def test_outreach_is_added_with_a_pool_of_hours(trust: Trust) -> None:
    assert add(trust, "outreach", **{**SAID, "radius_km": "12.5"}).status_code == 302
    row = added()
    assert (row.kind, row.radius_km, row.pool.unit) == (Kind.OUTREACH, Decimal("12.5"), Unit.HOURS)


@pytest.mark.parametrize(
    ("field", "changes", "words"),
    [
        ("name", {"name": ""}, "Enter a name, such as Autism day school."),
        ("name", {"name": "x" * 121}, "Use 120 characters or fewer."),
        ("sessions", {}, "Enter how many of the 10 sessions of a week are at the special setting."),
        ("sessions", {"sessions": "10"}, "Enter 1 to 9 sessions of the 10 in a week."),
        ("sessions", {"sessions": "some"}, "Enter 1 to 9 sessions of the 10 in a week."),
        ("radius_km", {"radius_km": "0"}, "Enter how far your staff travel in km"),
        ("radius_km", {"radius_km": "NaN"}, "Enter how far your staff travel in km"),
        ("radius_km", {"radius_km": "1e999999"}, "Enter how far your staff travel in km"),
        ("pool", {"pool": ""}, "Choose what it draws on."),
        ("pool", {"pool": "-1"}, "Choose a pool from the list."),
        ("pool_name", {"pool_name": ""}, "Enter a name for the new pool."),
        ("pool_name", {"pool_name": "Day places"}, "This setting has a pool of this name."),
        ("low_year", {"low_year": ""}, "Choose the first year group."),
        ("high_year", {"high_year": "6"}, "The last year group is below the first. Swap them."),
        ("high_year", {"high_year": "15"}, "Choose the last year group."),
        ("needs", {"needs": []}, "Choose at least one primary need that you meet."),
        ("needs", {"needs": ["XYZ"]}, "Choose at least one primary need that you meet."),
        ("max_sp", {"max_sp": "6"}, "Choose the highest level that you meet."),
        ("max_ci", {"max_ci": ""}, "Choose the highest level that you meet."),
        ("facilities", {"facilities": ["helipad"]}, "Choose facilities from the list."),
        ("las", {"las": ["000"]}, "There is no local authority with the code 000."),
    ],
)
def test_a_bad_answer_is_named_linked_and_the_rest_kept_as_typed(
    trust: Trust, field: str, changes: dict[str, Any], words: str
) -> None:
    kind = {"sessions": "porous", "radius_km": "outreach"}.get(field, "full")
    answer = add(trust, kind, **{**SAID, **changes})
    assert answer.status_code == 422
    assert words in answer.text
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}"' in answer.text
    if field != "name":
        assert 'value="Autism base"' in answer.text
    with transaction(SYSTEM) as session:
        assert len(session.scalars(select(Provision)).all()) == len(session.scalars(select(Pool)).all()) == 2


def test_a_pool_of_the_wrong_unit_is_refused(trust: Trust) -> None:
    answer = add(trust, "outreach", **{**SAID, "pool": trust.pool})
    assert answer.status_code == 422
    assert "Day places counts places. Choose a pool of hours of staff." in answer.text


def test_a_provision_is_changed_and_its_kind_stays(trust: Trust) -> None:
    path = f"/provisions/{trust.provision}"
    form = {**SAID, "pool": trust.pool, "kind": "outreach", "is_offered": "false", "setting_id": trust.rivals_setting}
    assert send(trust.client, path, **form).status_code == 302
    row = kept(trust.provision)
    assert (row.name, row.kind, row.is_offered, row.setting_id) == ("Autism base", Kind.FULL, True, trust.setting)
    with transaction(SYSTEM) as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.event == "provision changed")).one()
        assert {"name", "pattern", "needs"} <= set(event.data["changed"])


def test_saving_a_provision_as_it_was_says_that_nothing_was_changed(trust: Trust) -> None:
    path = f"/provisions/{trust.provision}"
    form = {**SAID, "pool": trust.pool}
    send(trust.client, path, **form)
    version = kept(trust.provision).version
    assert send(trust.client, path, **form).status_code == 302
    assert "Nothing was changed" in trust.client.get("/provisions").text
    assert kept(trust.provision).version == version


def test_a_stale_provision_is_refused_with_what_is_kept_now_and_may_then_be_sent_again(
    trust: Trust, sign_in: Callable[[str], FlaskClient]
) -> None:
    path = f"/provisions/{trust.provision}"
    mine = trust.client.get(path).text
    version = re.search(r'name="version" value="(\d+)"', mine)
    assert version
    send(sign_in(trust.colleague), path, **{**SAID, "pool": trust.pool, "name": "What a colleague wrote"})
    form = {**SAID, "pool": trust.pool, "name": "What I wrote", "version": version[1]}
    answer = trust.client.post(path, data={**form, "csrf_token": builders.csrf_token(mine)})
    assert answer.status_code == 409
    assert "What is kept now is What a colleague wrote" in answer.text
    assert 'value="What I wrote"' in answer.text
    assert kept(trust.provision).name == "What a colleague wrote"
    now = re.search(r'name="version" value="(\d+)"', answer.text)
    assert now
    trust.client.post(path, data={**form, "version": now[1], "csrf_token": builders.csrf_token(answer.text)})
    assert kept(trust.provision).name == "What I wrote"


def test_a_provision_is_withdrawn_and_offered_again_each_once(trust: Trust) -> None:
    def press(act: str) -> TestResponse:
        return builders.post(trust.client, f"/provisions/{trust.provision}/{act}", page="/provisions")

    assert press("withdraw").status_code == 302
    assert not kept(trust.provision).is_offered
    assert "Offer again" in trust.client.get("/provisions").text
    again = press("withdraw")
    assert again.status_code == 409
    assert "already withdrawn from offer" in again.text
    assert press("offer").status_code == 302
    assert kept(trust.provision).is_offered
    assert press("offer").status_code == 409


def test_a_rivals_setting_pool_and_provision_are_not_found(trust: Trust) -> None:
    before = kept(trust.rivals_provision).version
    client, token = trust.client, builders.csrf_token(trust.client.get("/provisions").text)
    form = {**SAID, "csrf_token": token, "version": str(before)}
    answers = [
        client.get(f"/settings/{trust.rivals_setting}/provisions/full"),
        client.post(f"/settings/{trust.rivals_setting}/provisions/full", data=form),
        client.post(f"/settings/{trust.setting}/provisions/full", data={**form, "pool": trust.rivals_pool}),
        client.get(f"/provisions/{trust.rivals_provision}"),
        client.post(f"/provisions/{trust.rivals_provision}", data=form),
        client.post(f"/provisions/{trust.rivals_provision}/withdraw", data=form),
        client.post(f"/provisions/{trust.rivals_provision}/offer", data=form),
        client.get("/provisions/999999999"),
        client.get("/settings/999999999/provisions/full"),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert not any("Canary" in answer.text for answer in answers)
    assert "Canary" not in client.get("/provisions").text
    assert (kept(trust.rivals_provision).version, kept(trust.rivals_provision).is_offered) == (before, True)


def test_a_pool_of_another_of_ones_own_settings_is_not_found(trust: Trust) -> None:
    with transaction(SYSTEM) as session:
        row = session.get_one(Provision, trust.provision)
        other = builders.setting(session, row.setting.authority, row.setting.provider)
        pool = builders.pool(session, other)
    assert add(trust, "full", **{**SAID, "pool": pool.id}).status_code == 404


def test_a_local_authority_cannot_change_what_a_setting_offers(
    trust: Trust, sign_in: Callable[[str], FlaskClient]
) -> None:
    la = sign_in(trust.la)
    form = {**SAID, "csrf_token": builders.csrf_token(la.get("/").text), "version": "1"}
    for path in (f"/settings/{trust.setting}/provisions/full", f"/provisions/{trust.provision}"):
        assert la.get(path).status_code == la.post(path, data=form).status_code == 403
    assert la.get("/provisions").status_code == 403
    assert la.post(f"/provisions/{trust.provision}/withdraw", data=form).status_code == 403
    assert kept(trust.provision).is_offered
