"""Placement sets, calibrations, shadow runs and corridors in pages: from a file to what may be published."""

import base64
import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from marketplace import embedded, jobs
from marketplace.cli import main
from marketplace.db import transaction
from marketplace.models import Calibration, PlacementSet, Role, RunStatus, ShadowRun, Tariff, TariffStatus
from marketplace.permissions import SYSTEM
from marketplace.services import observed_file, work
from marketplace.services.observed_file import observed_text, template_workbook
from marketplace.services.shadow_runs import kept_for
from pricing.observed import Observed, Placement
from pricing.profile import Band
from pricing.tariff import Pattern
from tests import builders
from tests.pricing.placements import generated, placement
from tests.web.price_files import post_whole

SignIn = Callable[[str], FlaskClient]
NEW = "/placement-sets/new"
HEADER = "placement,la,setting,provider,setting_type,pattern,band,area_factor,price"
ANSWERS = {
    "name": "Autumn", "basis": "contracted", "starts_on-day": "1", "starts_on-month": "4", "starts_on-year": "2026",
    "ends_on-day": "31", "ends_on-month": "3", "ends_on-year": "2027",
}  # fmt: skip
CALIBRATION = {"name": "Bands 2027", "valid_from": "1 April 2027", "step": "£1,000", "is_neutral": "true"}


class World:
    """An LA with its people and the tariff that all may see."""

    def __init__(self, database: Engine) -> None:  # noqa: ARG002
        with transaction(SYSTEM) as session:
            self.la = builders.authority(session, builders.region(session), name="Norbury")
            self.buyer = builders.user(session, self.la, Role.PROCUREMENT).email
            self.approver = builders.user(session, self.la, Role.APPROVER).email
            self.tariff_id = builders.tariff(session).id

    def add(self, placements: list[Placement]) -> int:
        with transaction(SYSTEM) as session:
            return builders.placement_set(session, self.la, placements).id


@pytest.fixture
def world(database: Engine) -> World:
    return World(database)


def text_of(page: str) -> str:
    """A page as it is read: without tags, spaces drawn together."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def send_file(client: FlaskClient, content: bytes, sent_as: str = "observed.csv", /, **answers: str) -> TestResponse:
    token = builders.csrf_token(client.get(NEW).text)
    form: dict[str, Any] = {
        **ANSWERS,
        **answers,
        "csrf_token": token,
        "file": FileStorage(io.BytesIO(content), sent_as),
    }
    return post_whole(client, NEW, form)


def count_sets() -> int | None:
    with transaction(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(PlacementSet))


def done(client: FlaskClient, start: str, addresses: embedded.Addresses, /, **form: Any) -> str:
    """Start a run from its page, let a worker do it; the address of its page."""
    answer = builders.post(client, start, **form)
    assert answer.status_code == 302, answer.text
    assert "Waiting for a worker" in client.get(answer.location).text
    jobs.work(addresses.application, is_waiting=False)
    return answer.location


# ---- adding placements


def test_a_file_is_kept_in_one_form_whatever_its_order_and_as_csv_or_workbook(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.buyer)
    rows = generated(60, seed=1)
    text = observed_text(Observed.of(rows)).splitlines()
    shuffled = "\n".join([text[0], *reversed(text[1:]), ""])
    answer = send_file(client, shuffled.encode())
    assert answer.status_code == 302, answer.text
    page = text_of(client.get(answer.location).text)
    assert "60 placements" in page
    assert f"£{sum(row.price for row in rows):,}" in page
    book = openpyxl.Workbook()
    for line in csv.reader(text):
        book.active.append(line)  # type: ignore[union-attr]
    content = io.BytesIO()
    book.save(content)
    assert send_file(client, content.getvalue(), "observed.xlsx", name="The same").status_code == 302
    with transaction(SYSTEM) as session:
        first, second = session.scalars(select(PlacementSet).order_by(PlacementSet.id)).all()
        assert first.file.decode().splitlines() == text
        assert first.sha256 == second.sha256


def test_all_that_is_wrong_with_form_and_file_is_told_at_once_and_nothing_is_kept(
    world: World, sign_in: SignIn
) -> None:
    rows = [
        "P-1,873,Elm House,Elm Trust,independent,day,intensive,1,48000",
        "P-1,873,Elm House,Elm Trust,independent,day,intensive,1,48000",
        "P-2,873,Elm House,Elm Trust,private,day,intensive,1,48.5k",
        "=P-3,873,,Elm Trust,independent,day,severe,20,48000.50",
    ]
    client = sign_in(world.buyer)
    answer = send_file(client, "\n".join([HEADER, *rows]).encode(), name="", **{"ends_on-month": "13"})
    assert answer.status_code == 422
    page = text_of(answer.text)
    assert "Enter a name of at most 120 characters." in page
    assert "Enter a real date" in page
    for words in ("Stands in row 2 already", "Is shortened", "Is a formula", "Is blank", "Is above what is possible"):
        assert words in page, words
    assert "Nothing was saved" in page
    link = re.search(r'href="data:text/csv;charset=utf-8;base64,([^"]+)" download', answer.text)
    assert link
    faults = list(csv.reader(io.StringIO(base64.b64decode(unescape(link[1])).decode("utf-8-sig"))))
    assert [row[:2] for row in faults[1:]] == [
        ["3", "placement"], ["4", "setting_type"], ["4", "price"], ["5", "placement"], ["5", "setting"],
        ["5", "band"], ["5", "area_factor"], ["5", "price"],
    ]  # fmt: skip
    assert count_sets() == 0


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "observed.csv", "Has no header row"),
        (f"{HEADER}\n".encode(), "observed.csv", "Holds no placement"),
        (b"\x89PNG", "observed.csv", "Is not UTF-8 text"),
        (b"PK", "observed.xlsx", "Is not a workbook that can be read"),
        (b"x", "observed.pdf", "neither a .csv nor an .xlsx"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(
    world: World, sign_in: SignIn, content: bytes, name: str, words: str
) -> None:
    answer = send_file(sign_in(world.buyer), content, name)
    assert answer.status_code == 422
    assert words in text_of(answer.text)
    assert count_sets() == 0


def test_a_period_that_ends_before_it_starts_is_refused_beside_its_boxes(world: World, sign_in: SignIn) -> None:
    content = f"{HEADER}\nP-1,873,Elm House,Elm Trust,nmss,day,mild,1,9000\n".encode()
    answer = send_file(sign_in(world.buyer), content, **{"ends_on-year": "2025"})
    assert answer.status_code == 422
    assert answer.text.count("Enter a last day that is not before the first.") == 2
    assert count_sets() == 0


def test_a_form_without_a_file_asks_for_one(world: World, sign_in: SignIn) -> None:
    answer = builders.post(sign_in(world.buyer), NEW, **ANSWERS)
    assert answer.status_code == 422
    assert "Choose the file of placements" in answer.text


def test_the_templates_are_read_back(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.buyer)
    assert send_file(client, client.get("/placement-sets/template.csv").data, name="One").status_code == 302
    workbook = client.get("/placement-sets/template.xlsx").data
    assert workbook == template_workbook()
    assert send_file(client, workbook, "mine.XLSX", name="Two").status_code == 302


def test_a_name_is_an_owners_own_once(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.buyer)
    content = client.get("/placement-sets/template.csv").data
    assert send_file(client, content).status_code == 302
    answer = send_file(client, content)
    assert answer.status_code == 422
    assert "You already have placements under this name" in answer.text


# ---- calibrating


def test_a_calibration_shows_its_fit_and_hands_out_what_the_command_writes(
    world: World, sign_in: SignIn, addresses: embedded.Addresses, tmp_path: Path
) -> None:
    client = sign_in(world.buyer)
    set_id = world.add(generated(400, seed=2))
    form = {**CALIBRATION, "placement_set_id": str(set_id), "fits_multipliers": "true"}
    address = done(client, "/calibrations/start", addresses, **form)
    page = text_of(client.get(address).text)
    assert "what they cost today, to the pound" in page
    assert "Price less guide" in page
    observed, out = tmp_path / "observed.csv", tmp_path / "tariff.toml"
    observed.write_bytes(client.get(f"/placement-sets/{set_id}/placements.csv").data)
    command = ["pricing", "calibrate", str(observed), "--out", str(out), "--neutral", "--fit-multipliers"]
    outcome = CliRunner().invoke(main, [*command, "--name", "Bands 2027", "--valid-from", "2027-04-01"])
    assert outcome.exit_code == 0, outcome.output
    assert client.get(f"{address}/tariff.toml").data == out.read_bytes()


def test_a_band_of_few_placements_is_warned_of_and_its_quartiles_are_not_shown(
    world: World, sign_in: SignIn, addresses: embedded.Addresses
) -> None:
    rows = [placement(f"P{n}", price=48_000 + n) for n in range(9)]
    rows += [placement("E1", band=Band.EXCEPTIONAL, price=123_457)]
    client = sign_in(world.buyer)
    address = done(
        client, "/calibrations/start", addresses, placement_set_id=str(world.add(rows)), **CALIBRATION | {"step": "0"}
    )
    page = text_of(client.get(address).text)
    assert "Exceptional: fewer than 5 placements" in page
    assert "not shown not shown not shown not shown not shown" in page


def test_a_calibration_that_nothing_fits_fails_in_words_and_can_be_tried_again(
    world: World, sign_in: SignIn, addresses: embedded.Addresses
) -> None:
    rows = [placement("P1", price=1), placement("P2", band=Band.PROFOUND, price=1)]
    form = {**CALIBRATION, "placement_set_id": str(world.add(rows)), "step": "1,000,000"}
    client = sign_in(world.buyer)
    page = text_of(client.get(done(client, "/calibrations/start", addresses, **form)).text)
    assert "has failed" in page
    assert "Try again" in page
    with transaction(SYSTEM) as session:
        assert session.scalars(select(Calibration)).one().status is RunStatus.FAILED


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"step": "1000.50"}, "Enter whole pounds from 0 to 1,000,000"),
        ({"step": "1,000,001"}, "Enter whole pounds from 0 to 1,000,000"),
        ({"valid_from": ""}, "Enter the first day"),
        ({"name": " "}, "Enter a name"),
        ({"placement_set_id": ""}, "Choose the placements."),
        ({"multipliers_of": "x"}, "Choose from the list."),
    ],
)
def test_a_calibration_refuses_what_it_cannot_use_beside_the_field(
    world: World, sign_in: SignIn, changes: dict[str, str], words: str
) -> None:
    form = {**CALIBRATION, "placement_set_id": str(world.add([placement()])), **changes}
    answer = builders.post(sign_in(world.buyer), "/calibrations/start", **form)
    assert answer.status_code == 422
    assert answer.text.count(words) >= 2  # in the summary and beside the field


def test_a_calibration_is_saved_as_a_draft_and_leads_to_its_shadow_run(
    world: World, sign_in: SignIn, addresses: embedded.Addresses
) -> None:
    client = sign_in(world.buyer)
    set_id = world.add(generated(60, seed=4))
    address = done(client, "/calibrations/start", addresses, placement_set_id=str(set_id), **CALIBRATION)
    answer = builders.post(client, f"{address}/draft", page=address, version="1")
    assert answer.status_code == 302, answer.text
    page = client.get(answer.location).text
    assert "Bands 2027, version 1 is a draft." in text_of(page)
    with transaction(SYSTEM) as session:
        draft = session.scalars(select(Tariff).where(Tariff.status == TariffStatus.DRAFT)).one()
        assert (draft.owner_id, draft.name, str(draft.starts_on)) == (world.la.id, "Bands 2027", "2027-04-01")
    chosen = re.findall(r'<option value="(\d+)" selected', page)
    assert chosen == [str(draft.id), str(set_id)]
    again = builders.post(client, f"{address}/draft", page=address, version="1")
    assert again.status_code == 422
    assert "You have a version 1 of Bands 2027 already." in text_of(again.text)
    assert 'value="2"' in client.get(address).text
    run = done(client, "/shadow-runs/start", addresses, tariff_id=chosen[0], placement_set_id=chosen[1], limit="5")
    assert "The same cost, to the pound" in client.get(run).text
    with transaction(SYSTEM) as session:
        assert len(kept_for(session, session.get_one(Tariff, draft.id))) == 1


def test_a_draft_on_a_day_without_a_framework_is_refused_in_words(
    world: World, sign_in: SignIn, addresses: embedded.Addresses
) -> None:
    client = sign_in(world.buyer)
    form = {**CALIBRATION, "placement_set_id": str(world.add([placement()])), "valid_from": "1 April 2020"}
    address = done(client, "/calibrations/start", addresses, **form)
    answer = builders.post(client, f"{address}/draft", page=address, version="1")
    assert answer.status_code == 422
    assert "No framework is in force on 01/04/2020" in text_of(answer.text)


# ---- shadow runs


def mixed() -> list[Placement]:
    """Two large providers and one of three placements; an LA of four, which no table may show by itself."""
    rows = [placement(f"A{n}", provider="Ash Trust", setting="Ash House", la="901", price=40_000) for n in range(12)]
    rows += [
        placement(f"B{n}", provider="Beech Trust", setting="Beech House", la="902", price=61_000) for n in range(9)
    ]
    rows += [
        placement(f"C{n}", provider="Cedar Trust", setting="Cedar House", la="903", price=77_777) for n in range(3)
    ]
    rows += [placement(f"D{n}", provider="Ash Trust", setting="Little Ash", la="904", price=70_000) for n in range(30)]
    rows += [
        placement("E1", provider="Ash Trust", setting="Elm House", la="904", pattern=Pattern.ANNUAL, price=155_000)
    ]
    return rows


def sums(rows: list[list[str]]) -> list[int]:
    """The sums of the columns of figures."""
    return [sum(int(cell) for cell in column) for column in zip(*(row[1:] for row in rows), strict=True)]


def test_a_shadow_run_shows_totals_changes_and_the_way_with_small_groups_together(
    world: World, sign_in: SignIn, addresses: embedded.Addresses
) -> None:
    client = sign_in(world.buyer)
    form = {"placement_set_id": str(world.add(mixed())), "tariff_id": str(world.tariff_id), "limit": "7.5"}
    address = done(client, "/shadow-runs/start", addresses, **form)
    page = client.get(address).text
    words = text_of(page)
    assert "a year less than today" in words
    assert "The tariff is illustrative." in words
    assert "Where no price moves by more than 7.5% a year" in words
    assert "3 others" in words  # 903 of three placements, and the next two, so that none of them finds another
    for hidden in ("Cedar", "Elm House", "77,777", "155,000", "903", "233,331"):
        assert hidden not in words, hidden
    assert "No setting that can be named would receive more." in words
    assert "Receive less, a year Setting Placements Difference a year Little Ash 30 −£660,000" in words
    with transaction(SYSTEM) as session:
        figures = session.scalars(select(ShadowRun)).one().figures
        assert figures is not None
        assert figures["summary"]["limit"] == 7.5


def test_every_file_of_a_shadow_run_sums_to_the_same_total(
    world: World, sign_in: SignIn, addresses: embedded.Addresses
) -> None:
    client = sign_in(world.buyer)
    form = {"placement_set_id": str(world.add(mixed())), "tariff_id": str(world.tariff_id), "limit": "5"}
    address = done(client, "/shadow-runs/start", addresses, **form)
    summary = json.loads(client.get(f"{address}/summary.json").data)
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"{address}/files.zip").data))
    for noun in ("la", "provider", "band", "pattern"):
        content = client.get(f"{address}/by_{noun}.csv").data
        assert content == archive.read(f"by_{noun}.csv")
        rows = list(csv.reader(io.StringIO(content.decode())))[1:]
        assert sums(rows)[:4] == [summary[key] for key in ("n", "price", "guide", "difference")], noun
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{address}/publication.xlsx").data))
    for noun in ("la", "band", "pattern"):
        *rows, last = [[str(cell) for cell in row] for row in book[f"by {noun}"].iter_rows(min_row=2, values_only=True)]
        assert sums(rows) == [int(cell) for cell in last[1:]], noun
        assert last[:3] == ["all", "55", str(summary["price"])]
        assert all(int(row[1]) >= 5 for row in rows), noun
    said = str([list(sheet.iter_rows(values_only=True)) for sheet in book])
    assert "Trust" not in said
    assert "House" not in said


def test_nothing_is_published_of_fewer_than_five_placements(
    world: World, sign_in: SignIn, addresses: embedded.Addresses
) -> None:
    client = sign_in(world.buyer)
    rows = [placement(f"P{n}") for n in range(4)]
    form = {"placement_set_id": str(world.add(rows)), "tariff_id": str(world.tariff_id), "limit": "5"}
    address = done(client, "/shadow-runs/start", addresses, **form)
    assert "Nothing can be published of fewer than 5 placements" in client.get(address).text
    assert client.get(f"{address}/publication.xlsx").status_code == 409


def test_an_approver_reads_a_run_and_what_may_be_published_but_not_the_placements(
    world: World, sign_in: SignIn, addresses: embedded.Addresses
) -> None:
    form = {"placement_set_id": str(world.add(mixed())), "tariff_id": str(world.tariff_id), "limit": "5"}
    address = done(sign_in(world.buyer), "/shadow-runs/start", addresses, **form)
    approver = sign_in(world.approver)
    page = approver.get(address).text
    assert "files.zip" not in page
    assert approver.get(f"{address}/publication.xlsx").status_code == 200
    for name in ("files.zip", "placements.csv", "by_la.csv"):
        assert approver.get(f"{address}/{name}").status_code == 403


def test_a_run_of_a_tariff_that_has_changed_says_that_it_does_not_count(
    world: World, sign_in: SignIn, addresses: embedded.Addresses, owner: Engine
) -> None:
    client = sign_in(world.buyer)
    with transaction(SYSTEM) as session:
        kept = session.get_one(Tariff, world.tariff_id)
        mine = {"owner_id": world.la.id, "status": TariffStatus.DRAFT}
        draft_id = builders.tariff(session, framework=kept.framework, **mine).id
    form = {"placement_set_id": str(world.add(mixed())), "tariff_id": str(draft_id), "limit": "5"}
    address = done(client, "/shadow-runs/start", addresses, **form)
    assert "The tariff has been changed since." not in client.get(address).text
    with owner.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE tariffs SET content = jsonb_set(content, '{band,moderate}', '1') WHERE status = 'draft'"
        )
    assert "The tariff has been changed since." in client.get(address).text
    with owner.begin() as connection:
        connection.exec_driver_sql("DELETE FROM tariffs WHERE status = 'draft'")
    assert "The draft has been removed since." in client.get(address).text


def test_a_tariff_that_does_not_price_the_placements_is_refused_beside_the_field(world: World, sign_in: SignIn) -> None:
    set_id = world.add([placement(band=Band.MILD)])
    form = {"placement_set_id": str(set_id), "tariff_id": str(world.tariff_id), "limit": "5"}
    answer = builders.post(sign_in(world.buyer), "/shadow-runs/start", **form)
    assert answer.status_code == 422
    assert "states nothing for mild (1) of these placements" in text_of(answer.text)


def test_progress_is_shown_and_ends_in_the_page(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.buyer)
    form = {"placement_set_id": str(world.add(mixed())), "tariff_id": str(world.tariff_id), "limit": "5"}
    address = builders.post(client, "/shadow-runs/start", **form).location
    with transaction(SYSTEM) as session:
        run = work.claim(session, ShadowRun, int(address.rpartition("/")[2]))
        assert run is not None
        assert run.token is not None
        claim = work.Claim(run_id=run.id, token=run.token)
        work.note_progress(session, ShadowRun, claim, {"stage": "computing", "seconds": 3.2})
    answer = client.get(f"{address}/progress")
    assert "Computing: 3 seconds so far." in text_of(answer.text)
    assert "HX-Refresh" not in answer.headers
    assert client.get(f"{address}/files.zip").status_code == 409
    with transaction(SYSTEM) as session:
        work.fail(session, SYSTEM, ShadowRun, claim, error="Tested.")
    assert client.get(f"{address}/progress").headers["HX-Refresh"] == "true"
    assert "Tested." in client.get(address).text


# ---- corridors


def test_a_corridor_shows_cells_of_five_placements_and_more(
    world: World, sign_in: SignIn, addresses: embedded.Addresses
) -> None:
    client = sign_in(world.buyer)
    rows = [*generated(120, seed=3), placement("Z", pattern=Pattern.ANNUAL, band=Band.EXCEPTIONAL, price=333_333)]
    set_id = world.add(rows)
    address = done(
        client, "/corridors/start", addresses, page=f"/placement-sets/{set_id}", placement_set_id=str(set_id)
    )
    page = text_of(client.get(address).text)
    assert "It rests on 121 placements" in page
    assert "Pseudo-R²" in page
    assert "not shown, with fewer than 5 placements each" in page
    assert "Exceptional, all year (52 weeks)" in page
    assert "333,333" not in page
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"{address}/files.zip").data))
    assert archive.namelist() == ["corridor.csv", "placements.csv", "summary.json"]


def test_there_is_no_corridor_of_few_placements_and_the_page_says_so(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.buyer)
    set_id = world.add([placement(f"P{n:02}") for n in range(29)])
    assert "There is no corridor of fewer than 30 placements" in client.get(f"/placement-sets/{set_id}").text
    answer = builders.post(client, "/corridors/start", page=f"/placement-sets/{set_id}", placement_set_id=str(set_id))
    assert answer.status_code == 409
    assert "a corridor needs at least 30" in text_of(answer.text)


def test_a_set_shows_what_is_computed_on_it_and_no_small_count(
    world: World, sign_in: SignIn, addresses: embedded.Addresses
) -> None:
    client = sign_in(world.buyer)
    set_id = world.add(mixed())
    form = {"placement_set_id": str(set_id), "tariff_id": str(world.tariff_id), "limit": "5"}
    done(client, "/shadow-runs/start", addresses, **form)
    page = text_of(client.get(f"/placement-sets/{set_id}").text)
    assert "Demonstration tariff (illustrative)" in page
    assert "All year (52 weeks): fewer than 5." in page
    index = text_of(client.get("/placement-sets").text)
    assert "Done" in index


# ---- large files


def test_a_set_is_removed_after_a_question_that_lists_what_goes_with_it(
    world: World, sign_in: SignIn, addresses: embedded.Addresses
) -> None:
    set_id = world.add(generated(120, seed=5))
    address = f"/placement-sets/{set_id}"
    buyer = sign_in(world.buyer)
    run = done(buyer, "/shadow-runs/start", addresses, placement_set_id=set_id, tariff_id=world.tariff_id, limit="5")
    assert "stays" in buyer.get(f"{address}/remove").text, "a tariff in force counts the run"
    refused = builders.post(buyer, f"{address}/remove")
    assert refused.status_code == 409
    assert "What it rests on stays." in refused.text
    other_id = world.add(generated(120, seed=6))
    other = f"/placement-sets/{other_id}"
    fit = done(buyer, "/calibrations/start", addresses, placement_set_id=other_id, **CALIBRATION)
    page = buyer.get(f"{other}/remove").text
    for words in ("and with them what was computed on them", "Calibration", "keep a copy"):
        assert words in page
    assert sign_in(world.approver).get(f"{other}/remove").status_code == 403
    buyer = sign_in(world.buyer)
    assert builders.post(buyer, f"{other}/remove").status_code == 302
    assert [buyer.get(gone).status_code for gone in (other, fit, address, run)] == [404, 404, 200, 200]


def test_a_file_above_a_megabyte_is_taken_whole(world: World, sign_in: SignIn) -> None:
    content = observed_text(Observed.of(generated(15_000, seed=6))).encode()
    assert len(content) > 1_000_000
    answer = send_file(sign_in(world.buyer), content)
    assert answer.status_code == 302, answer.status_code
    with transaction(SYSTEM) as session:
        assert session.scalars(select(PlacementSet)).one().placements == 15_000


def test_what_is_too_large_is_refused_in_words(world: World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    client = sign_in(world.buyer)
    assert send_file(client, b"x" * 20_000_001).status_code == 413
    monkeypatch.setattr(observed_file, "MOST_ROWS", 20)
    answer = send_file(client, observed_text(Observed.of(generated(21, seed=7))).encode())
    assert answer.status_code == 422
    assert "Has more than 20 rows" in text_of(answer.text)
    assert count_sets() == 0


def test_jobs_and_the_audit_trail_name_ids_and_no_placement(world: World, sign_in: SignIn, owner: Engine) -> None:
    client = sign_in(world.buyer)
    assert send_file(client, observed_text(Observed.of(mixed())).encode()).status_code == 302
    with transaction(SYSTEM) as session:
        set_id = session.scalars(select(PlacementSet.id)).one()
    form = {"placement_set_id": str(set_id), "tariff_id": str(world.tariff_id), "limit": "5"}
    assert builders.post(client, "/shadow-runs/start", **form).status_code == 302
    with owner.connect() as connection:
        (arguments,) = connection.exec_driver_sql("SELECT args FROM procrastinate_jobs").scalars()
        assert set(arguments) == {"run_id"}
        events = dict(connection.exec_driver_sql("SELECT event, data FROM audit_events").all())
    assert set(events["placement set added"]) == {"placements", "sha256"}
    assert events["shadow run started"] == {"placement_set_id": set_id, "tariff_id": world.tariff_id, "limit": 500}
