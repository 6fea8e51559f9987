"""What an LA publishes of its awards: valid OCDS, to the penny, and nothing by which a pupil could be made out."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from marketplace.config import UNREGISTERED_PREFIX
from marketplace.db import transaction
from marketplace.errors import Conflict, NotPermitted
from marketplace.models import Authority, Award, AwardBasis, AwardStatus, NeedStatus, Provider, Role
from marketplace.permissions import SYSTEM, Actor
from marketplace.services import open_contracting
from marketplace.services.ocds_file import package_json, pounds
from marketplace.services.open_contracting import Publication
from tests import builders, commissioning

VENDOR = Path(__file__).parent / "vendor" / "ocds"
RELEASE = json.loads((VENDOR / "release-schema-1__1__4.json").read_text())
PACKAGE = json.loads((VENDOR / "release-package-schema-1__1__5.json").read_text())
ON = date(2026, 11, 30)
YEAR = 2025
IN_YEAR = datetime(2025, 9, 9, 9, tzinfo=UTC)
URI = "https://marketplace.example/api/v1/open-contracting?year=2025"
NOTICE = "012345-2025"
FRAMEWORK = {"basis": AwardBasis.FRAMEWORK, "notice_reference": NOTICE}


@dataclass
class Town:
    """An LA with providers by name; each award is for a pupil of its own, at its own price."""

    session: Session
    la: Authority
    providers: dict[str, Provider] = field(default_factory=dict)
    provisions: dict[str, Any] = field(default_factory=dict)
    made: list[Award] = field(default_factory=list)

    def award(self, name: str, price: int, need: Any = None, **fields: Any) -> Award:
        if name not in self.provisions:
            self.providers[name] = builders.provider(self.session, f"{name} Trust")
            setting = builders.setting(self.session, self.la, self.providers[name], name=f"{name} School")
            self.provisions[name] = builders.provision(self.session, builders.pool(self.session, setting))
            builders.schedule(self.session, self.provisions[name])
        number = len(self.made)
        if need is None:
            need = builders.need(
                self.session, self.la, self.framework, reference=f"CanaryRef-{number}", status=NeedStatus.PLACED
            )
            upn = f"B8012000050{number:02}"
            commissioning.identity(self.session, need, name=f"CanaryName {number}", upn=upn)
        fields = {
            "decided_at": IN_YEAR, "starts_on": date(2025, 10, 13), "price": price, "reasons": "CanaryReason",
            "basis": AwardBasis.USER_CHOICE, "notice_reference": "CanaryNotice", **fields,
        }  # fmt: skip
        self.made.append(commissioning.award(self.session, need, self.provisions[name], **fields))
        return self.made[-1]

    def awards(self, name: str, *prices: int, **fields: Any) -> None:
        for price in prices:
            self.award(name, price, **fields)

    def __post_init__(self) -> None:
        self.framework = builders.framework(self.session)


@pytest.fixture
def people(database: Engine) -> dict[str, Actor]:  # noqa: ARG001
    """Elm: seven pupils; Ash: eight by a framework; Fir and Oak: too few, and Yew enough to hide
    them. Others' awards, those before and after the year, unmade ones and those without a contract are left out."""
    with transaction(SYSTEM) as session:
        la = builders.authority(session, name="Norbury", code="330")
        town = Town(session, la)
        town.awards("Elm", *range(4_000_001, 4_000_006))
        town.award("Elm", 5_000_000, variation=123_45, variation_reason="A lift.")
        town.award("Elm", 1_00)
        town.awards("Ash", *([3_000_033] * 8), **FRAMEWORK)
        town.awards("Fir", 7_777_777)
        town.awards("Oak", 6_666_666, 6_666_667, 1, 2, **FRAMEWORK)
        town.awards("Yew", *([2_000_000] * 6))
        for fields in (
            {"decided_at": datetime(2025, 3, 31, 22, 59, tzinfo=UTC)},
            {"decided_at": datetime(2026, 3, 31, 23, tzinfo=UTC)},
            {"status": AwardStatus.PROPOSED, "decided_at": None},
            {"basis": AwardBasis.NO_CONTRACT},
        ):
            town.award("Elm", 9_000_000, **fields)
        other = Town(session, builders.authority(session, la.region, name="Sudbury"))
        other.awards("Bay", *([1_000_000] * 5))
        return {
            role: builders.acting(builders.user(session, organisation, named))
            for role, organisation, named in (
                ("procurement", la, Role.PROCUREMENT),
                ("commissioner", la, Role.COMMISSIONER),
                ("administrator", la, Role.ADMINISTRATOR),
                ("neighbour", other.la, Role.PROCUREMENT),
                ("region", la.region, Role.PROCUREMENT),
                ("editor", town.providers["Elm"], Role.PROVIDER_EDITOR),
            )
        }


def published(actor: Actor, year: int = YEAR, on: date = ON) -> Publication:
    with transaction(actor) as session:
        return open_contracting.publication(session, actor, year=year, on=on)


def package(found: Publication) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(package_json(found, prefix="ocds-1a2b3c", uri=URI), parse_float=Decimal)
    return loaded


def values(releases: Iterable[dict[str, Any]]) -> list[Decimal]:
    return [Decimal(award["value"]["amount"]) for release in releases for award in release["awards"]]


def test_each_provider_is_told_by_itself_where_no_pupil_shows_and_the_others_together(
    people: dict[str, Actor],
) -> None:
    found = published(people["procurement"])
    assert [(row.name, row.value, row.notices) for row in found.told] == [
        ("Ash Trust", 24_000_264, (NOTICE,)),
        ("Elm Trust", 20_000_015 + 5_012_345 + 100, ()),
        ("3 other providers together", 7_777_777 + 13_333_336 + 12_000_000, ()),
    ]
    assert (found.awards, found.without_contract, found.is_over) == (26, 1, True)


def test_the_values_sum_to_the_awards_to_the_penny(people: dict[str, Actor]) -> None:
    found = published(people["commissioner"])
    with transaction(SYSTEM) as session:
        rows = session.scalars(select(Award).where(Award.decided_at == IN_YEAR, Award.provider.has(name="Bay Trust")))
        theirs = {row.id for row in rows}
        mine = session.scalars(
            select(Award).where(
                Award.decided_at == IN_YEAR, Award.basis != AwardBasis.NO_CONTRACT, Award.id.not_in(theirs)
            )
        )
        whole = sum(row.price + row.variation for row in mine)
    assert whole == found.value == sum(row.value for row in found.told)
    assert sum(values(package(found)["releases"])) == Decimal(whole).scaleb(-2)


def test_the_file_is_a_valid_release_package(people: dict[str, Any]) -> None:
    content = json.loads(package_json(published(people["procurement"]), prefix="ocds-1a2b3c", uri=URI))
    resource = jsonschema_rs.Draft4Validator(
        PACKAGE,
        registry=jsonschema_rs.Registry([(PACKAGE["properties"]["releases"]["items"]["$ref"], RELEASE)]),
        validate_formats=True,
    )
    resource.validate(content)
    del content["releases"][0]["ocid"]  # the schema is in force: without what it requires it refuses
    assert not resource.is_valid(content)


def test_what_a_release_says_exactly(people: dict[str, Actor]) -> None:
    content = package(published(people["procurement"]))
    ash, elm, others = content["releases"]
    assert {name: content[name] for name in ("uri", "version", "publishedDate", "publisher")} == {
        "uri": URI, "version": "1.1", "publishedDate": "2026-04-01T00:00:00+01:00", "publisher": {"name": "Norbury"},
    }  # fmt: skip
    supplier = ash["awards"][0]["suppliers"][0]
    assert supplier["name"] == "Ash Trust"
    assert ash["ocid"] == f"ocds-1a2b3c-330-2025-{supplier['id'].removeprefix('provider-')}"
    assert ash["parties"] == [
        {"id": "la-330", "name": "Norbury", "roles": ["buyer"]}, supplier | {"roles": ["supplier"]}
    ]  # fmt: skip
    assert ash["awards"][0]["value"] == {"amount": Decimal("240002.64"), "currency": "GBP"}
    assert [row["identifier"] for row in ash["relatedProcesses"]] == [NOTICE]
    assert "relatedProcesses" not in elm
    assert (others["ocid"], len(others["parties"])) == ("ocds-1a2b3c-330-2025-others", 1)
    assert "suppliers" not in others["awards"][0]


def test_nothing_in_the_file_is_of_a_pupil_or_typed_by_a_person(people: dict[str, Actor]) -> None:
    text = package_json(published(people["procurement"]), prefix=UNREGISTERED_PREFIX, uri=URI).decode()
    with transaction(SYSTEM) as session:
        needs = [str(row.need_id) for row in session.scalars(select(Award))]
    assert needs
    hidden = (
        "Canary",
        "B8012000050",
        "2014-02-03",
        "2025-10-13",
        "2025-09-09",
        "School",
        "A lift",
        "Fir",
        "Oak",
        "Yew",
    )
    assert [word for word in hidden if word in text] == []
    prices = ("77777.77", "66666.66", "40000.01", "30000.33", "50123.45")
    assert [price for price in prices if price in text] == []


def test_one_pupil_with_two_awards_is_still_one_pupil(database: Engine) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        town = Town(session, builders.authority(session))
        town.awards("Elm", *([1_000_000] * 4))
        ended = town.award("Elm", 1_000_000, need=town.made[0].need, status=AwardStatus.ENDED)
        assert ended.need_id == town.made[0].need_id
        actor = builders.acting(builders.user(session, town.la, Role.PROCUREMENT))
    found = published(actor)
    assert (found.awards, found.told) == (5, ())


def test_no_provider_finds_anothers_few_by_taking_its_own_away(database: Engine) -> None:  # noqa: ARG001
    """Six of Yew hide four of Fir from everybody but Yew."""
    with transaction(SYSTEM) as session:
        town = Town(session, builders.authority(session))
        town.awards("Yew", *([1_000_000] * 6))
        town.awards("Fir", *([1_000_000] * 4))
        actor = builders.acting(builders.user(session, town.la, Role.PROCUREMENT))
    assert published(actor).told == ()


def test_a_year_that_goes_on_is_not_published(people: dict[str, Actor]) -> None:
    before, after = published(people["procurement"], on=date(2026, 3, 31)), published(people["procurement"])
    assert (before.is_over, before.told) == (False, ())
    assert after.told
    with pytest.raises(Conflict):
        open_contracting.require_any(before)


def test_the_same_year_gives_the_same_bytes_whenever_it_is_written(people: dict[str, Actor]) -> None:
    first, later = (published(people["procurement"], on=on) for on in (date(2026, 4, 1), date(2029, 1, 1)))
    assert package_json(first, prefix="ocds-1a2b3c", uri=URI) == package_json(later, prefix="ocds-1a2b3c", uri=URI)


def test_the_years_are_those_that_have_ended_with_something_bought(people: dict[str, Actor]) -> None:
    with transaction(people["procurement"]) as session:
        years = open_contracting.years_with_awards(session, people["procurement"], on=ON)
    assert years == [2025, 2024]


@pytest.mark.parametrize("who", ["administrator", "region", "editor"])
def test_others_than_those_who_decide_for_an_authority_publish_nothing(people: dict[str, Actor], who: str) -> None:
    with pytest.raises(NotPermitted):
        published(people[who])


def test_an_authority_publishes_its_own_awards_only(people: dict[str, Actor]) -> None:
    assert [row.name for row in published(people["neighbour"]).told] == ["Bay Trust"]


@pytest.mark.parametrize("notice", ["CanaryNotice", "012345-2025 for Robin", "2025/S 000-01234"])
def test_a_notice_that_was_typed_otherwise_than_it_is_published_is_not_repeated(
    database: Engine,  # noqa: ARG001
    notice: str,
) -> None:
    with transaction(SYSTEM) as session:
        town = Town(session, builders.authority(session))
        town.awards("Elm", *([1_000_000] * 5), basis=AwardBasis.FRAMEWORK, notice_reference=notice)
        actor = builders.acting(builders.user(session, town.la, Role.PROCUREMENT))
    assert [row.notices for row in published(actor).told] == [()]


def test_pounds_are_written_with_the_very_digits_of_the_pence() -> None:
    for pence in (*range(0, 100_000, 7), *range(10**14 - 500, 10**14), 999_999_999_999_999):
        assert Decimal(json.dumps(pounds(pence))) == Decimal(pence).scaleb(-2)
