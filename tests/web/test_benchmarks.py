"""The pages of benchmarks: a buyer's answer with its own marked, each figure one click from its line; and what a
provider is shown, which is nobody's price."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from marketplace.db import transaction
from marketplace.models import PriceSchedule, Role, now, today
from marketplace.permissions import SYSTEM
from marketplace.services.benchmarks.survey import make_survey
from tests import builders
from tests.builders import words_of
from tests.services.benchmarks.market import asking, market

SignIn = Callable[[str], FlaskClient]


@dataclass
class Place:
    """An LA with six priced settings, another with one, the people who look, and the setting of the provider."""

    manager: str
    procurement: str
    editor: str
    setting: int
    region: int
    rivals: list[str]
    here: str


@pytest.fixture
def place(database: Engine) -> Place:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        builders.tariff(session)
        region = builders.region(session)
        la, other = builders.authority(session, region), builders.authority(session)
        me, others = builders.provider(session), [builders.provider(session) for _ in range(3)]
        mine = asking(session, la, me, 3_150_000)
        names = [row.name for row in market(session, la, others, 5)]
        names.append(asking(session, other, others[0], 7_777_700).name)
        make_survey(session, SYSTEM, on=today(), at=now())
        return Place(
            manager=builders.user(session, la, Role.APPROVER).email,
            procurement=builders.user(session, region, Role.PROCUREMENT).email,
            editor=builders.user(session, me, Role.PROVIDER_EDITOR).email,
            setting=mine.id,
            region=other.region_id,
            rivals=[*names, *(row.name for row in others)],
            here=la.name,
        )


def test_who_asks_nothing_is_led_to_the_commonest_band_and_pattern_in_an_address_that_says_so(
    place: Place, sign_in: SignIn
) -> None:
    answer = sign_in(place.manager).get("/benchmarks")
    assert (answer.status_code, answer.location) == (302, "/benchmarks?band=moderate&pattern=day&by=la")


def test_the_answer_marks_ones_own_authority_and_says_where_figures_rest_on_too_few(
    place: Place, sign_in: SignIn
) -> None:
    client = sign_in(place.manager)
    page = client.get("/benchmarks?band=moderate&pattern=day&by=la")
    text = words_of(page.text)
    assert "7 prices at 7 settings: median £" in text
    assert f"{place.here} : median £" in text
    assert "number 1 of 1, counted from the dearest" in text
    assert "1 of 2 by local authority rest on fewer than five settings or three providers" in text
    assert "By region" in text
    assert "app-chart__box--marked" in page.text
    table = client.get("/benchmarks?band=moderate&pattern=day&by=la&view=table").text
    assert f'{place.here} <span class="app-quiet">(yours)' in table
    assert "too few" in table
    named = client.get("/benchmarks?band=moderate&pattern=day&by=setting&view=table").text
    assert "£80,865" in named  # those who buy see a published price by its name
    assert f'href="/settings/{place.setting}/benchmarks"' in named


def test_filters_narrow_are_shown_as_tags_that_take_themselves_out_and_say_when_nothing_is_left(
    place: Place, sign_in: SignIn
) -> None:
    client = sign_in(place.procurement)
    asked = f"/benchmarks?band=moderate&by=setting&region={place.region}&need=ASD&type=independent"
    page = client.get(asked).text
    assert "1 price</strong> at 1 setting" in page
    for gone in ("need=ASD", f"region={place.region}", "type=independent", "band=moderate"):
        without = asked.replace(f"{gone}&", "").replace(f"&{gone}", "")
        assert f'href="{without.replace("&", "&amp;")}"' in page, gone
    assert "No published price answers this." in client.get("/benchmarks?band=profound&by=la").text
    refused = client.get("/benchmarks?band=huge&by=nobody&region=x&page=0")
    assert refused.status_code == 422


def test_a_download_is_the_table_that_was_asked_for(place: Place, sign_in: SignIn) -> None:
    client = sign_in(place.manager)
    page = client.get("/benchmarks?band=moderate&by=setting&sort=label&order=ascending&page=1").text
    (link,) = re.findall(r'href="(/benchmarks\.csv[^"]+)"', page)
    answer = client.get(link.replace("&amp;", "&"))
    assert answer.headers["Content-Disposition"].startswith(f"attachment; filename=benchmarks-{today()}.csv")
    lines = answer.data.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Setting,Local authority,Provider,Prices,Median £")
    assert len(lines) == 9
    assert lines[1:-1] == sorted(lines[1:-1])
    assert client.get(link.replace("&amp;", "&").replace(".csv", ".xlsx")).data.startswith(b"PK")


def test_each_figure_of_a_setting_leads_to_the_published_line_that_it_rests_on(place: Place, sign_in: SignIn) -> None:
    client = sign_in(place.manager)
    page = client.get(f"/settings/{place.setting}/benchmarks").text
    assert f"{place.here}: median £" in words_of(page)
    assert "fewer than 30 prices, so there is no corridor" in page
    assert page.count("app-chart__dot--marked") == 5  # in the LA's own area
    links = set(re.findall(r'href="(/schedules/\d+)#(line-[^"]+)"', page))
    assert len(links) >= 3
    (schedule,) = {address for address, _ in links}
    published = client.get(schedule).text
    for _, line in links:
        assert f'id="{line}"' in published, line


def test_a_provider_is_shown_quartiles_of_others_and_nobodys_name_or_price(place: Place, sign_in: SignIn) -> None:
    client = sign_in(place.editor)
    text = words_of(client.get("/standing").text)
    assert "5 settings of 3 other providers" in text
    assert "Yours is in the second cheapest quarter" in text
    assert "Of your 1 price with enough peers on this page: 1 in the second cheapest quarter of their peers" in text
    for name in place.rivals:
        assert name not in text
    assert not {"£30,387.50", "£31,387.50", "£80,865", "£80,864.50"} & set(text.split())
    for address in ("/benchmarks?by=setting", "/benchmarks.csv?by=setting", f"/settings/{place.setting}/benchmarks"):
        assert client.get(address).status_code == 403


def test_before_a_survey_and_without_a_price_in_force_the_pages_say_what_to_do(
    database: Engine,  # noqa: ARG001
    sign_in: SignIn,
) -> None:
    with transaction(SYSTEM) as session:
        la, provider = builders.authority(session), builders.provider(session)
        setting = builders.setting(session, la, provider).id
        manager = builders.user(session, la, Role.APPROVER).email
        editor = builders.user(session, provider, Role.PROVIDER_EDITOR).email
    client = sign_in(manager)
    assert "have not been surveyed yet" in client.get("/benchmarks").text
    assert client.get("/benchmarks.csv").status_code == client.get("/benchmarks.xlsx").status_code == 200
    assert "have not been surveyed yet" in client.get(f"/settings/{setting}/benchmarks").text
    assert "No price of a full placement in force here can be compared." in words_of(
        sign_in(editor).get("/standing").text
    )
    with transaction(SYSTEM) as session:
        make_survey(session, SYSTEM, on=today(), at=now())
        assert session.scalar(select(PriceSchedule.id)) is None
    assert "no published prices in force today" in client.get(f"/settings/{setting}/benchmarks").text
    assert "No published price answers this." in client.get("/benchmarks").text


def test_no_web_process_loads_what_only_the_survey_needs() -> None:
    """Every page's module, as gunicorn loads them; statsmodels takes a second."""
    program = """
import sys
from importlib import import_module
from marketplace.web import NOUNS
for noun in NOUNS:
    import_module(f"marketplace.web.{noun}")
assert "marketplace.web.benchmarks" in sys.modules
assert "statsmodels" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
