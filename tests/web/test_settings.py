"""Settings as those who commission see them, what a provider sees of its own, and what it never sees of a rival's."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import pytest
from flask.testing import FlaskClient

from marketplace.db import transaction
from marketplace.models import Kind, PriceSchedule, Role, SettingStatus, SettingType, Unit, now
from marketplace.permissions import SYSTEM
from tests import builders


@dataclass
class Market:
    """Two LAs, two providers and some settings by name; who signs in by what they are."""

    sign_in: Callable[[str], FlaskClient]
    ids: dict[str, int] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)

    def as_(self, who: str) -> FlaskClient:
        return self.sign_in(self.emails[who])


@pytest.fixture
def market(sign_in: Callable[[str], FlaskClient]) -> Market:
    market = Market(sign_in)
    with transaction(SYSTEM) as session:
        region = builders.region(session)
        here, there = (builders.authority(session, region, name=name) for name in ("Elmshire", "Norbury"))
        alder, rival = builders.provider(session), builders.provider(session)
        school = builders.setting(session, here, alder, name="Alder School", low_age=5, high_age=16, needs=None)
        open_from = ((7, 9, date(2026, 9, 1), "2"), (7, 9, date(2099, 9, 1), "4"))
        pool = builders.pool(session, school, *open_from, confirmed_at=builders.days_ago(40))
        provision = builders.provision(session, pool, name="Day school", needs=["ASD"], las=[there.code])
        builders.schedule(session, provision)
        session.add(PriceSchedule(setting=school, version=2, starts_on=date(2027, 9, 1)))
        service = builders.setting(session, there, rival, name="Birch 100% Service", type=SettingType.AP, needs=["HI"])
        hours = builders.pool(session, service, (0, 6, date(2026, 9, 1), "12.5"), unit=Unit.HOURS, confirmed_at=now())
        builders.provision(session, hours, kind=Kind.OUTREACH, name="Canary outreach", needs=["VI"])
        builders.provision(session, hours, kind=Kind.OUTREACH, name="Withdrawn", needs=["PD"], is_offered=False)
        register = builders.setting(session, there, name="Cedar School", needs=["HI"], type=SettingType.NMSS)
        builders.setting(session, here, name="Damson School", status=SettingStatus.CLOSED)
        market.ids = {"Alder": school.id, "Birch": service.id, "Cedar": register.id, "here": here.id, "there": there.id}
        for who, organisation, role in (
            ("la", here, Role.COMMISSIONER),
            ("region", region, Role.PROCUREMENT),
            ("operator", builders.operator(session), Role.ADMINISTRATOR),
            ("alder", alder, Role.PROVIDER_EDITOR),
        ):
            market.emails[who] = builders.user(session, organisation, role).email
    return market


def names(page: str) -> list[str]:
    return re.findall(r'<a class="govuk-link" href="/settings/\d+">([^<]+)</a>', page)


ALL = ["Alder School", "Birch 100% Service", "Cedar School"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ALL),
        ("?sort=name&order=descending", ALL[::-1]),
        ("?sort=authority", ALL),
        ("?sort=type", [ALL[1], ALL[0], ALL[2]]),
        ("?q=cedar", ["Cedar School"]),
        ("?q=100%25", ["Birch 100% Service"]),
        ("?q=%25", ["Birch 100% Service"]),
        ("?q=nowhere", []),
        ("?type=ap&type=nmss", ["Birch 100% Service", "Cedar School"]),
        ("?kind=outreach", ["Birch 100% Service"]),
        ("?kind=full&kind=outreach", ["Alder School", "Birch 100% Service"]),
        ("?need=ASD", ["Alder School"]),
        ("?need=VI", ["Birch 100% Service"]),
        ("?need=PD", []),  # only what is on offer counts
        ("?need=HI", ["Cedar School"]),  # the register's word counts where nothing is on offer here
        ("?closed=true&q=damson", ["Damson School"]),
        ("?page=7", ALL),
    ],
)
def test_the_list_is_narrowed_and_sorted_as_asked(market: Market, query: str, found: list[str]) -> None:
    page = market.as_("la").get(f"/settings{query}")
    assert page.status_code == 200
    assert names(page.text) == found
    assert f"<strong>{len(found)} setting{'' if len(found) == 1 else 's'}</strong>" in page.text


def test_the_list_is_narrowed_by_authority_and_a_tag_removes_the_filter(market: Market) -> None:
    client = market.as_("region")
    page = client.get(f"/settings?authority={market.ids['there']}&kind=outreach").text
    assert names(page) == ["Birch 100% Service"]
    tags = dict(re.findall(r'app-filters__tag" href="([^"]+)"><span[^>]*>[^<]*</span>([^<]+)</a>', page))
    assert set(tags.values()) == {"Norbury", "Outreach into mainstream"}
    without = next(href for href, words in tags.items() if words == "Norbury")
    assert without == "/settings?kind=outreach"


def test_the_list_says_what_is_open_today_and_how_old_that_is(market: Market) -> None:
    page = market.as_("operator").get("/settings").text
    assert "Not confirmed for 40 days" in page
    assert "Confirmed today" in page
    assert re.search(r"data-heading=\"Open now\">\s*2 places\s*</td>", page)  # the four of 2099 are not open yet
    assert re.search(r"data-heading=\"Open now\">\s*12.5 hours a week\s*</td>", page)


@pytest.mark.parametrize(
    "query", ["page=0", f"page={10**18}", "page=x", "type=castle", "need=XX", "sort=urn", "authority=x"]
)
def test_a_query_that_means_nothing_is_refused_in_words(market: Market, query: str) -> None:
    assert market.as_("la").get(f"/settings?{query}").status_code == 422


def test_pages_of_the_list_hold_every_setting_once(market: Market) -> None:
    with transaction(SYSTEM) as session:
        la = builders.authority(session)
        for _ in range(60):
            builders.setting(session, la, name="Same Name School")
    client = market.as_("la")
    links = [
        re.findall(r'<a class="govuk-link" href="(/settings/\d+)">', client.get(f"/settings?page={page}").text)
        for page in (1, 2)
    ]
    assert [len(page) for page in links] == [50, 13]
    assert len(set(links[0] + links[1])) == 63


def test_a_setting_shows_facts_offers_vacancies_with_their_age_and_prices(market: Market) -> None:
    page = market.as_("la").get(f"/settings/{market.ids['Alder']}").text
    for words in (
        "Not confirmed for 40 days",
        "Ask the setting before you count on these figures.",
        "2 places for Year 7 to Year 9, open now",
        "4 places for Year 7 to Year 9, from 1 September 2099",
        "Full placement, day",
        "Autistic spectrum disorder",
        "Norbury",
        "£48,000",
        "5 to 16",
    ):
        assert words in page
    assert page.count("Not stated") == 5  # boarders, capacity, pupils, needs, postcode
    assert "/provisions/" not in page


def test_a_setting_that_offers_nothing_shows_the_register_only(market: Market) -> None:
    page = market.as_("la").get(f"/settings/{market.ids['Cedar']}").text
    assert "This setting offers nothing here yet." in page
    assert "Hearing impairment" in page


def test_a_provider_sees_its_own_setting_and_no_trace_of_a_rivals(market: Market) -> None:
    client = market.as_("alder")
    assert "This is what local authorities see." in client.get(f"/settings/{market.ids['Alder']}").text
    for name in ("Birch", "Cedar"):
        answer = client.get(f"/settings/{market.ids[name]}")
        assert answer.status_code == 404
        assert "Canary" not in answer.text
    assert client.get("/settings").status_code == 403
    assert client.get("/settings/999999999").status_code == 404


def test_a_providers_home_says_what_is_due_first_and_where_to_do_it(market: Market) -> None:
    page = market.as_("alder").get("/").text
    assert "Vacancies to confirm" in page
    assert f'href="/vacancies#setting-{market.ids["Alder"]}"' in page
    assert "Finish the prices of Alder School" in page
    assert page.index("Vacancies to confirm") < page.index("Prices in draft")
    assert "Canary" not in page


def test_a_providers_home_names_what_keeps_a_setting_from_being_found(market: Market) -> None:
    with transaction(SYSTEM) as session:
        provider = builders.provider(session)
        la = builders.authority(session)
        empty = builders.setting(session, la, provider, name="Empty School")
        unpriced = builders.setting(session, la, provider, name="Unpriced School")
        fine = builders.setting(session, la, provider, name="Fine School")
        builders.provision(session, builders.pool(session, unpriced, confirmed_at=now()), name="Day school")
        builders.schedule(session, builders.provision(session, builders.pool(session, fine, confirmed_at=now())))
        email = builders.user(session, provider, Role.PROVIDER_EDITOR).email
    page = market.sign_in(email).get("/").text
    assert "Empty School offers nothing." in page
    assert f'href="/provisions#setting-{empty.id}"' in page
    assert "Unpriced School: Day school has no published price." in page
    assert "Fine School" in page[page.index("Up to date") :]
    assert "Vacancies to confirm" not in page


def test_a_providers_home_says_when_nothing_needs_it(market: Market) -> None:
    with transaction(SYSTEM) as session:
        provider = builders.provider(session)
        fine = builders.setting(session, builders.authority(session), provider)
        builders.schedule(session, builders.provision(session, builders.pool(session, fine, confirmed_at=now())))
        email = builders.user(session, provider, Role.PROVIDER_EDITOR).email
    assert "Nothing needs you today." in market.sign_in(email).get("/").text
