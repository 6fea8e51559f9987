"""The page on which an order is recorded and a provision ruled out."""

import re
from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from marketplace.db import transaction
from marketplace.models import Need, Role
from marketplace.permissions import SYSTEM
from tests import builders


def send(client: FlaskClient, page: str, act: str, **form: Any) -> Any:
    text = client.get(page).text
    version = re.search(r'name="version" value="(\d+)"', text)
    assert version
    return client.post(f"{page}/{act}", data={"version": version[1], "csrf_token": builders.csrf_token(text), **form})


def test_an_order_and_a_ruling_out_are_recorded_with_their_reasons_and_shown_on_the_case(
    sign_in: Callable[[str], FlaskClient],
) -> None:
    with transaction(SYSTEM) as session:
        la = builders.authority(session)
        setting = builders.setting(session, la, name="Fictional Elm School")
        pool = builders.pool(session, setting)
        ordered, out = builders.provision(session, pool, name="Day"), builders.provision(session, pool, name="Annexe")
        need_id, ordered_id, out_id = builders.need(session, la).id, ordered.id, out.id
        email = builders.user(session, la, Role.COMMISSIONER).email
    client, page = sign_in(email), f"/needs/{need_id}/restrictions"
    refused = send(client, page, "fix", fix_provision_id=str(ordered_id))
    assert refused.status_code == 422
    assert 'href="#fix_reason"' in refused.text
    assert f'<option value="{ordered_id}" selected' in refused.text
    assert send(client, page, "fix", fix_provision_id=str(ordered_id), fix_reason="Order 7").location == page
    assert send(client, page, "rule-out", rule_provision_id=str(out_id), rule_reason="Too loud").location == page
    case = client.get(f"/needs/{need_id}").text
    assert "A tribunal&#39;s order fixes" in case or "A tribunal's order fixes" in case
    assert "Fictional Elm School: Annexe." in case
    assert "Too loud" in case
    assert send(client, page, "allow", provision_id=str(out_id)).location == page
    with transaction(SYSTEM) as session:
        need = session.get_one(Need, need_id)
        assert (need.locked_id, need.forbidden) == (ordered_id, [])
