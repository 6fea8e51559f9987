"""Like-for-like prices through the real pages: the steps, what is missing, and who sees them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from marketplace.db import transaction
from marketplace.models import Kind, PriceLine, PriceSchedule, Role, Unit
from marketplace.permissions import SYSTEM
from tests import builders
from tests.builders import words_of
from tests.web.test_schedules import boxes, send

SignIn = Callable[[str], FlaskClient]
ILLUSTRATIVE = "its figures are illustrative"


@dataclass
class Place:
    """A setting with a moderate price that is whole and an intensive one that is not, and the people around it."""

    setting: int
    provision: int
    schedule: int
    editor: str
    rival: str
    commissioner: str


def therapy(provision_id: int, discipline: str, hours: str, amount: int) -> PriceLine:
    return PriceLine(
        provision_id=provision_id, band="moderate", part="therapy", discipline=discipline,
        hours_a_week=Decimal(hours), weeks=38, amount=amount,
    )  # fmt: skip


@pytest.fixture
def place(database: Engine) -> Place:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        la = builders.authority(session, code="303")
        provider = builders.provider(session)
        setting = builders.setting(session, la, provider, name="Heron House")
        provision = builders.provision(session, builders.pool(session, setting), name="Autism day school")
        lines = [therapy(provision.id, "salt", "1.5", 627_000), therapy(provision.id, "occupational", "0.25", 0)]
        schedule = builders.schedule(
            session, provision, lines=lines, mild=1_000_000, moderate=3_120_000, intensive=4_800_000
        )
        return Place(
            setting.id,
            provision.id,
            schedule.id,
            builders.user(session, provider, Role.PROVIDER_EDITOR).email,
            builders.user(session, builders.provider(session), Role.PROVIDER_EDITOR).email,
            builders.user(session, la, Role.COMMISSIONER).email,
        )


def add_tariff() -> None:
    with transaction(SYSTEM) as session:
        builders.tariff(session)


def drafted(client: FlaskClient, place: Place, **changes: str) -> str:
    """Start the next prices, save them with changes of the moderate price; the path of their pages."""
    answer = builders.post(client, f"/settings/{place.setting}/schedules/start", page="/schedules")
    path = answer.location.removesuffix("/grid")
    typed = {f"lines-{place.provision}-{name.replace('__', '-')}": text for name, text in changes.items()}
    answer = send(client, f"{path}/grid", client.get(f"{path}/grid").text, **typed)
    assert answer.status_code == 302, answer.text
    return path


def pence(pounds: str) -> int:
    whole, _, rest = pounds.replace("£", "").replace(",", "").partition(".")
    sign = -1 if whole.startswith("−") else 1
    return sign * (100 * int(whole.lstrip("−")) + int(rest or 0))


def steps(page: str) -> list[tuple[str, str]]:
    """What each step of the one comparison is called, and what it says that it adds."""
    (fold,) = re.findall(r'<details class="govuk-details app-steps">.*?</details>', page, re.DOTALL)
    return [(words_of(name), words_of(amount)) for name, amount in re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", fold)]


@pytest.mark.parametrize("who", ["commissioner", "editor"])
def test_a_setting_shows_each_price_like_for_like_with_steps_that_sum_to_it(
    place: Place, sign_in: SignIn, who: str
) -> None:
    add_tariff()
    page = sign_in(getattr(place, who)).get(f"/settings/{place.setting}").text
    *lines, (name, amount), (band, price) = steps(page)
    assert sum(pence(each) for _, each in lines) == pence(amount) == 3_082_407
    assert name == "Like for like"
    assert (band, price) == ("Price of the band (Moderate band £30,000, Pattern day £0)", "£30,000")
    assert (
        "Speech and language therapy beyond standard (1.5 h a week, standard 0.5; £110 an hour, 38 weeks)",
        "−£4,180",
    ) in lines
    text = words_of(page)
    assert "Moderate £37,470 £30,824.07 £30,000 2.7% above band" in text
    assert (
        "Intensive £48,000 Not comparable. Not stated: speech and language therapy, occupational therapy,"
        " physiotherapy, psychology and additional one-to-one support: hours a week (0 for none) and amount. " in text
    )
    assert "Mild £10,000 Not comparable. The tariff states no price for this band and pattern." in text
    assert ILLUSTRATIVE in text
    assert "Porous and outreach prices are not compared." in text


def test_what_is_no_longer_offered_or_no_full_placement_is_not_compared_on_the_settings_page(
    place: Place, sign_in: SignIn
) -> None:
    add_tariff()
    client = sign_in(place.commissioner)
    page = client.get(f"/settings/{place.setting}").text
    assert "Autism day school, full placement, day: like for like" in page
    with transaction(SYSTEM) as session:
        schedule = session.get_one(PriceSchedule, place.schedule)
        builders.provision(
            session, builders.pool(session, schedule.setting, name="Team", unit=Unit.HOURS), name="Team",
            kind=Kind.OUTREACH,
        )  # fmt: skip
        for line in schedule.lines:
            line.provision.is_offered = False
    page = client.get(f"/settings/{place.setting}").text
    assert ": like for like" not in page
    assert "No full placement has a price here." in page


def test_without_a_tariff_the_page_says_so(place: Place, sign_in: SignIn) -> None:
    text = words_of(sign_in(place.commissioner).get(f"/settings/{place.setting}").text)
    assert "No tariff holds for this area on 1 September 2026, so there is nothing to compare with." in text


def test_before_publication_the_provider_sees_what_authorities_will_see(place: Place, sign_in: SignIn) -> None:
    add_tariff()
    client = sign_in(place.editor)
    draft = drafted(client, place, moderate__core__amount="32,000")
    page = client.get(f"{draft}/check").text
    *lines, (_, amount), _ = steps(page)
    assert lines[0] == ("Core education (38 weeks)", "£32,000")
    assert sum(pence(each) for _, each in lines) == pence(amount)
    assert "Not comparable. Not stated: speech and language therapy, occupational therapy, physiotherapy," in page
    assert ILLUSTRATIVE in page
    assert send(client, f"{draft}/publish", page).status_code == 302
    shown = sign_in(place.commissioner).get(draft).text
    assert steps(shown) == steps(page)


def test_none_is_typed_as_no_hours_kept_and_compared(place: Place, sign_in: SignIn) -> None:
    add_tariff()
    client = sign_in(place.editor)
    disciplines = ("salt", "occupational", "physio", "psychology")
    none = {f"intensive__therapy__{name}__hours_a_week": "0" for name in disciplines}
    draft = drafted(client, place, **none, intensive__one_to_one__hours_a_week="0 hours")
    grid = client.get(f"{draft}/grid").text
    box = f"lines-{place.provision}-intensive-therapy-psychology"
    assert (boxes(grid)[f"{box}-hours_a_week"], boxes(grid)[f"{box}-amount"]) == ("0", "0")
    assert "Intensive: </span>core fee only" in grid  # none is not a part on top
    page = client.get(f"{draft}/check").text
    assert re.search(r"Psychology</th>.*?not stated.*?none", page, re.DOTALL)
    text = words_of(page)
    assert "Psychology short of standard (none, standard 0.25; £130 an hour, 38 weeks) £1,235" in text
    assert "Intensive £48,000 £" in text
    refused = send(client, f"{draft}/grid", grid, **{f"{box}-amount": "5"})
    assert refused.status_code == 422
    assert "0 hours a week are none, so nothing is charged for them." in refused.text


def test_a_rival_sees_no_comparison_and_an_authority_none_of_a_draft(place: Place, sign_in: SignIn) -> None:
    add_tariff()
    draft = drafted(sign_in(place.editor), place, moderate__core__amount="77,777")
    rival, la = sign_in(place.rival), sign_in(place.commissioner)
    for path in (f"/settings/{place.setting}", f"/schedules/{place.schedule}", draft, f"{draft}/check"):
        answer = rival.get(path)
        assert answer.status_code == 404, path
        assert "Like for like" not in answer.text
    assert "77,777" not in la.get(f"/settings/{place.setting}").text
    assert la.get(draft).status_code == 404
