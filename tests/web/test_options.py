"""The ranked options as a commissioner sees them, the points of their map, and the boundaries below."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from marketplace.db import transaction
from marketplace.models import Kind, Provision, Role, SettingType, Unit, now
from marketplace.permissions import SYSTEM
from marketplace.web.coordinates import latitude_longitude
from tests import builders


@dataclass
class Market:
    """A signed-in commissioner, a published need, and the provisions by name."""

    client: FlaskClient
    need_id: int
    provisions: dict[str, int]
    region_email: str


OFFERS = {
    "Near": {"at": 404_500, "type": SettingType.NMSS},
    "Middling": {"at": 395_000, "type": SettingType.SECTION41},
    "Full": {"at": 403_000, "type": SettingType.INDEPENDENT},
}


@pytest.fixture
def market(sign_in: Callable[[str], FlaskClient]) -> Market:
    with transaction(SYSTEM) as session:
        la = builders.authority(
            session, boundary={"type": "Polygon", "coordinates": [[[0, 52], [1, 52], [1, 53], [0, 52]]]}
        )
        builders.framework(session)
        provisions: dict[str, Provision] = {}
        for name, offer in OFFERS.items():
            setting = builders.setting(
                session, la, name=f"{name} School", easting=offer["at"], northing=305_000, type=offer["type"]
            )
            amount = "0" if name == "Full" else "2"
            pool = builders.pool(
                session, setting, (7, 11, now().date() - timedelta(days=90), amount), confirmed_at=now()
            )
            provisions[name] = builders.provision(session, pool)
            builders.schedule(session, provisions[name], starts_on=now().date() - timedelta(days=90))
        hours = builders.pool(
            session, provisions["Near"].setting, (7, 11, now().date(), "12"),
            unit=Unit.HOURS, confirmed_at=builders.days_ago(45),
        )  # fmt: skip
        provisions["Outreach"] = builders.provision(session, hours, kind=Kind.OUTREACH, name="Advisory team")
        draft = provisions["Outreach"]
        refused = builders.provision(session, provisions["Full"].pool, needs=["HI"], name="Deaf unit")
        ids = {name: row.id for name, row in {**provisions, "Deaf unit": refused, "Outreach": draft}.items()}
        need = builders.need(session, la, kinds=["full", "outreach"])
        email = builders.user(session, la, Role.COMMISSIONER).email
        region_email = builders.user(session, la.region, Role.PROCUREMENT).email
        need_id = need.id
    return Market(sign_in(email), need_id, ids, region_email)


def page(market: Market, query: str = "") -> str:
    answer = market.client.get(f"/needs/{market.need_id}/options{query}")
    assert answer.status_code == 200, answer.text
    return answer.text


def order(text: str) -> list[int]:
    return [int(found) for found in re.findall(r'id="option-(\d+)"', text)]


def test_the_list_comes_before_the_map_with_room_age_price_transport_and_total(market: Market) -> None:
    text = page(market)
    assert text.index('id="option-') < text.index("data-map=")
    row = text[text.index("Middling School") :]
    assert "14.0 km" in row
    assert "2 places" in row
    assert "Confirmed today" in row
    assert "£48,000" in row
    assert "£55,980" in row
    assert "Full<br>" in text
    assert "the straight line times 1.4" in text


def test_what_a_total_is_made_of_is_there_on_demand(market: Market) -> None:
    text = page(market)
    assert "What the total is made of" in text
    assert "Less place funding already paid" in text
    assert "380 journeys a year at £1.50 a km" in text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Near", "Full", "Middling"]),
        ("?sort=distance&order=descending", ["Middling", "Full", "Near"]),
        ("?sort=total", ["Near", "Full", "Middling"]),
        ("?kind=outreach", []),
        ("?kind=full&within=10", ["Near", "Full"]),
        ("?type=section41", ["Middling"]),
        ("?vacant=true", ["Near", "Middling"]),
        ("?page=40", ["Near", "Full", "Middling"]),
    ],
)
def test_options_are_filtered_and_sorted_by_the_address(market: Market, query: str, names: list[str]) -> None:
    text = page(market, query)
    assert order(text) == [market.provisions[name] for name in names]
    assert f"<strong>{len(names)} option" in text


def test_a_list_without_options_has_no_map_beside_it(market: Market) -> None:
    text = page(market, "?kind=outreach&within=1")
    assert "No option matches these filters." in text
    assert "data-map=" not in text


def test_refusals_are_counted_by_reason_and_listed_when_asked_for(market: Market) -> None:
    text = page(market)
    assert "Does not meet the primary need</a>: 1 provision" in text
    assert "Deaf unit" not in text
    assert "Deaf unit" in page(market, "?refused=need")
    assert "Advisory team" in page(market, "?refused=price")


def test_a_filter_that_is_not_offered_is_refused(market: Market) -> None:
    for query in ("?sort=mainstream", "?within=far", "?kind=castle", "?refused=whim", "?page=0"):
        assert market.client.get(f"/needs/{market.need_id}/options{query}").status_code == 422


def test_no_address_on_the_page_holds_the_reference(market: Market) -> None:
    text = page(market)
    reference = re.search(r"Ranked options for (N-\d+)", text)
    assert reference
    assert not any(reference[1] in address for address in re.findall(r'(?:href|action|data-map)="([^"]*)"', text))


def test_the_map_shows_the_home_area_and_each_setting_that_has_an_option(market: Market) -> None:
    points = market.client.get(f"/needs/{market.need_id}/options/markers").get_json()["points"]
    assert [point["kind"] for point in points] == ["home", "option", "option", "option"]
    assert {point["name"] for point in points} == {"Home area", "Near School", "Middling School", "Full School"}
    assert all(49 < point["latitude"] < 56 and -7 < point["longitude"] < 2 for point in points)


def test_procurement_of_the_region_sees_the_options_too(market: Market, sign_in: Callable[[str], FlaskClient]) -> None:
    assert sign_in(market.region_email).get(f"/needs/{market.need_id}/options").status_code == 200


def test_boundaries_are_sent_once_and_then_known_by_their_tag(market: Market) -> None:
    first = market.client.get("/maps/boundaries")
    assert first.get_json()["features"][0]["geometry"]["type"] == "Polygon"
    again = market.client.get("/maps/boundaries", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert {"private", "no-cache"} == set(first.headers["Cache-Control"].split(", "))
    assert "no-store" in market.client.get("/needs").headers["Cache-Control"]


def test_grid_metres_become_the_degrees_of_the_worked_example() -> None:
    latitude, longitude = latitude_longitude(651_410, 313_177)
    assert latitude == pytest.approx(52.657978, abs=5e-5)
    assert longitude == pytest.approx(1.716053, abs=5e-5)
