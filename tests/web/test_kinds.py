"""The three kinds side by side, and over three years, as a commissioner sees them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from marketplace.db import transaction
from marketplace.models import Kind, Role, Unit, now
from marketplace.permissions import SYSTEM
from tests import builders

SignIn = Callable[[str], FlaskClient]


@dataclass
class Case:
    """A signed-in commissioner, a need for which all kinds are suitable, and one for which outreach is not."""

    client: FlaskClient
    need_id: int
    other_id: int
    reference: str


@pytest.fixture
def case(sign_in: SignIn) -> Case:
    with transaction(SYSTEM) as session:
        la = builders.authority(session)
        builders.tariff(session)
        before = now().date() - timedelta(days=90)
        for kind, sessions in ((Kind.FULL, None), (Kind.POROUS, 4), (Kind.OUTREACH, None)):
            setting = builders.setting(
                session, la, builders.provider(session), name=f"Fictional {kind} school", easting=395_000,
                northing=305_000,
            )  # fmt: skip
            pool = builders.pool(
                session, setting, (7, 11, before, "12"), confirmed_at=now(),
                unit=Unit.HOURS if kind is Kind.OUTREACH else Unit.PLACES,
            )  # fmt: skip
            row = builders.provision(session, pool, kind=kind, sessions=sessions, name=f"The {kind} offer")
            builders.schedule(session, row, starts_on=before)
        need = builders.need(
            session, la, kinds=["full", "porous", "outreach"], mainstream="A calm room\nand a key adult.", year_group=8
        )
        other = builders.need(session, la, kinds=["full", "porous"], year_group=10)
        email = builders.user(session, la, Role.COMMISSIONER).email
        ids = (need.id, other.id, need.reference)
    return Case(sign_in(email), *ids)


def page(case: Case, path: str = "", need_id: int | None = None, status: int = 200) -> str:
    answer = case.client.get(f"/needs/{need_id or case.need_id}/kinds{path}")
    assert answer.status_code == status, answer.text
    return answer.text


def test_what_would_make_mainstream_work_comes_before_the_options(case: Case) -> None:
    text = page(case)
    assert text.index("What would make mainstream work?") < text.index("A calm room") < text.index("<table")


def test_each_kind_stands_beside_the_others_with_cost_fte_way_record_and_what_is_not_known(case: Case) -> None:
    words = builders.words_of(page(case))
    for kind in Kind:
        assert f"Fictional {kind} school" in words
    heads = [
        "Room", "Price", "Transport", "Marginal public cost", "Full-time equivalent", "By road, an estimate",
        "How the provider answers", "Placements that ended", "What is not known",
    ]  # fmt: skip
    places = [words.index(head, words.index("The best suitable option of each kind")) for head in heads]
    assert places == sorted(places)
    assert "0.4" in words
    assert "£55,980" in words
    assert "Not known: none in the last three years" in words
    assert "What inspectors found: no inspection outcome is kept here." in words


def test_a_kind_that_was_not_judged_suitable_says_so(case: Case) -> None:
    words = builders.words_of(page(case, need_id=case.other_id))
    assert "No option. No professional judged it suitable for this pupil." in words


def test_the_ranked_options_lead_here_with_the_total_of_each_kind(case: Case) -> None:
    text = case.client.get(f"/needs/{case.need_id}/options").text
    assert f'href="/needs/{case.need_id}/kinds"' in text
    totals = r"Side by side : Outreach into mainstream £[\d,]+ , porous placement £[\d,]+ , full placement £55,980"
    assert re.search(totals, builders.words_of(text))


def test_three_years_are_shown_with_their_break_even_chart_and_assumptions(case: Case) -> None:
    text = page(case, "/years")
    words = builders.words_of(text)
    assert "An illustration by the assumptions on this page, not a forecast. It binds nobody" in words
    assert "By these assumptions the porous path costs" in words
    assert "Cost so far, by the end of each school year" in words
    for name in ("sessions_1", "sessions_2", "sessions_3", "uplift", "support_after", "support_meanwhile",
                 "transport_porous", "transport_full"):  # fmt: skip
        assert f'name="{name}"' in text
    assert "Nothing is discounted" in words
    assert 'method="get"' in text


def test_the_assumptions_of_the_address_are_gone_by_and_shown(case: Case) -> None:
    text = page(case, "/years?sessions_1=8&sessions_2=6&sessions_3=4&uplift=2.5&support_after=£7,000&transport_full=0")
    words = builders.words_of(text)
    for value in ("8", "6", "4", "2.5", "£7,000"):
        assert f'value="{value}"' in text
    assert re.search(r"8 sessions of 10 in \d{4}/\d\d; 6 sessions of 10 in \d{4}/\d\d; 4 sessions of 10", words)
    assert "£96,000" in words  # the published £48,000 for 4 of 10, at 8
    assert "+ 2.5% a year" in words


def test_a_pupil_who_grows_older_than_a_setting_takes_is_said_to_be_counted_there_all_the_same(case: Case) -> None:
    told = "up to year 11, which this pupil passes within the three years"
    assert told not in builders.words_of(page(case, "/years"))
    assert told in builders.words_of(page(case, "/years", need_id=case.other_id))


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("sessions_1=0", "sessions_1", "Enter a whole number of sessions from 1 to 9."),
        ("sessions_2=ten", "sessions_2", "Enter a whole number of sessions from 0 to 9."),
        ("sessions_2=0&sessions_3=2", "sessions_3", "Enter 0: the pupil is back in the mainstream school"),
        ("uplift=400", "uplift", "Enter a percentage from 0 to 20, like 3 or 2.5."),
        ("uplift=nan", "uplift", "Enter a percentage from 0 to 20, like 3 or 2.5."),
        ("support_after=lots", "support_after", "Enter an amount in pounds"),
    ],
)
def test_an_assumption_that_cannot_be_is_said_beside_its_box_and_nothing_is_lost(
    case: Case, query: str, field: str, words: str
) -> None:
    text = page(case, f"/years?transport_full=1234&{query}", status=422)
    assert words in text
    assert f'href="#{field}"' in text
    assert 'value="1234"' in text
    assert "There is a problem" in text
    assert "By these assumptions" not in text


def test_no_address_of_these_pages_holds_the_reference(case: Case) -> None:
    for path in ("", "/years"):
        text = page(case, path)
        assert case.reference in text
        assert not any(case.reference in address for address in re.findall(r'(?:href|action)="([^"]*)"', text))
