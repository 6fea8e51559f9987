"""Runs of files: sent, refused with every fault at once, or matched; who may read what came of them."""

import base64
import csv
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from marketplace import embedded, jobs
from marketplace.db import transaction
from marketplace.models import MatchingRun, Recommendation, Role, RunResult
from marketplace.permissions import SYSTEM
from marketplace.services.matching import batch_files
from optimiser.columns import TABLES
from optimiser.files import problem_files, problem_sha256, read_problem
from optimiser.template import EXAMPLE
from optimiser.workbook import write_workbook
from tests import builders

SignIn = Callable[[str], FlaskClient]
FILES = {name: text.encode() for name, text in problem_files(EXAMPLE)}


class World:
    def __init__(self) -> None:
        with transaction(SYSTEM) as session:
            self.region = builders.region(session, "Fenshire")
            la = builders.authority(session, self.region, name="Norbury")
            self.people = {
                "region": builders.user(session, self.region, Role.PROCUREMENT).email,
                "norbury": builders.user(session, la, Role.PROCUREMENT).email,
                "commissioner": builders.user(session, la, Role.COMMISSIONER).email,
            }


@pytest.fixture
def world(database: Engine) -> World:  # noqa: ARG001 - the database that it is built in
    return World()


def send(client: FlaskClient, content: bytes, name: str = "autumn.zip", **typed: str) -> TestResponse:
    file = FileStorage(io.BytesIO(content), name)
    return builders.post(client, "/runs/files", file=file, **{"seconds": "30", **typed})


def runs_kept() -> int | None:
    with transaction(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(MatchingRun))


def test_files_are_matched_and_the_answer_is_theirs_who_sent_them(
    world: World, sign_in: SignIn, addresses: embedded.Addresses
) -> None:
    client = sign_in(world.people["region"])
    assert "Run your own files" in client.get("/runs").text
    answer = send(client, builders.zipped(FILES))
    assert answer.status_code == 302, answer.text
    assert "of files: autumn.zip" in client.get(answer.location).text
    jobs.work(addresses.application, is_waiting=False)
    page = builders.text_of(client.get(answer.location).text)
    assert "3 of 3 pupils placed" in page
    assert "Proven to be the best that is possible" in page
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"{answer.location}/answer.zip").data))
    assert {"assignments.csv", "report.html", "summary.json"} <= set(archive.namelist())
    assert len(archive.read("assignments.csv").splitlines()) == 1 + 3
    with transaction(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(Recommendation)) == 0
        assert session.scalars(select(RunResult)).one().sha256 == problem_sha256(EXAMPLE)


def test_the_example_is_a_file_that_can_be_sent_as_it_is(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.people["norbury"])
    assert send(client, client.get("/runs/files/example.zip").data).status_code == 302


def test_a_workbook_will_do_and_so_will_a_folder_in_the_zip(
    world: World, sign_in: SignIn, addresses: embedded.Addresses, tmp_path: Path
) -> None:
    client = sign_in(world.people["region"])
    sheets = {
        name: [[column.name for column in table.columns]]
        + [[column.text_of(row) for column in table.columns] for row in getattr(EXAMPLE, name)]
        for name, table in TABLES.items()
    }
    write_workbook(tmp_path / "autumn.xlsx", sheets)
    assert send(client, (tmp_path / "autumn.xlsx").read_bytes(), "autumn.xlsx").status_code == 302
    jobs.work(addresses.application, is_waiting=False)
    nested = {f"autumn/{name}": data for name, data in FILES.items()} | {"__MACOSX/._pupils.csv": b"\0"}
    assert send(client, builders.zipped(nested)).status_code == 302


def test_everything_wrong_in_every_file_is_told_at_once_and_marked_and_nothing_is_kept(
    world: World, sign_in: SignIn
) -> None:
    wrong = dict(FILES)
    wrong["pupils.csv"] = FILES["pupils.csv"].replace(b"EX-002,999", b"EX-001,99")
    wrong["prices.csv"] = FILES["prices.csv"].replace(b"alder-full", b"elder-full")
    client = sign_in(world.people["region"])
    answer = send(client, builders.zipped(wrong), seconds="0")
    assert answer.status_code == 422
    page = builders.text_of(answer.text)
    assert "What is wrong in 2 files" in page
    assert re.search(r"pupils.csv, row 3 pupil EX-001", page)
    assert re.search(r"pupils.csv, row 3 la 99 ", page)
    assert re.search(r"prices.csv, row \d+ provision elder-full", page)
    assert '<mark class="app-wrong">99</mark>' in answer.text
    assert "from 1 to 3,600" in page, "what is wrong with the form is told beside it"
    link = re.search(r'href="data:text/csv;charset=utf-8;base64,([^"]+)" download="errors.csv"', answer.text)
    assert link
    rows = list(csv.DictReader(io.StringIO(base64.b64decode(link[1]).decode("utf-8-sig"))))
    assert {(row["file"], row["column"]) for row in rows} >= {("pupils.csv", "la"), ("prices.csv", "provision")}
    assert all(row["problem"] and row["remedy"] for row in rows)
    assert runs_kept() == 0
    assert send(client, builders.zipped(FILES)).status_code == 302, "on the same page it is sent again"


def bomb(name: str, size: int) -> bytes:
    return builders.zipped({**FILES, name: b"0" * size})


def without(name: str) -> bytes:
    return builders.zipped({each: content for each, content in FILES.items() if each != name})


def lying() -> bytes:
    """A zip whose file is longer than it says."""
    content = builders.zipped({"pupils.csv": b"pupil\n" + b"1\n" * 5_000})
    real, said = (10_006).to_bytes(4, "little"), (100).to_bytes(4, "little")
    assert content.count(real) == 2
    return content.replace(real, said)


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"pupil,la", "pupils.csv", "is neither a zip of CSV files nor a workbook"),
        (b"PK\3\4nothing", "autumn.zip", "cannot be unzipped"),
        (b"", "autumn.zip", "cannot be unzipped"),
        (bomb("zeros.csv", 3_000_000), "autumn.zip", "unpacks to far more than a batch of this size holds"),
        (lying(), "autumn.zip", "cannot be unzipped"),
        (builders.zipped({f"{n}.csv": b"" for n in range(51)}), "autumn.zip", "holds 51 files"),
        (builders.zipped({"a/pupils.csv": b"pupil", "b/pupils.csv": b"pupil"}), "autumn.zip", "holds pupils.csv twice"),
        (builders.zipped({"notes.txt": b"hello"}), "autumn.zip", "holds none of pupils.csv"),
        (without("pools.csv"), "autumn.zip", "is required and is missing"),
        (builders.zipped({**FILES, "pupils.csv": b"\xff\xfe"}), "autumn.zip", "is not UTF-8 text"),
        (b"no workbook", "autumn.xlsx", "is not a workbook that can be read"),
    ],
)  # fmt: skip
def test_what_is_no_batch_is_refused_in_words_and_nothing_is_kept(
    world: World, sign_in: SignIn, content: bytes, name: str, words: str
) -> None:
    answer = send(sign_in(world.people["region"]), content, name)
    assert answer.status_code == 422, answer.status_code
    assert f"{words[0].upper()}{words[1:]}" in builders.text_of(answer.text)
    assert runs_kept() == 0


def test_a_name_in_a_zip_reaches_no_other_folder(tmp_path: Path) -> None:
    path = tmp_path / "sent"
    path.write_bytes(builders.zipped({f"../../{name}": data for name, data in FILES.items()}))
    assert batch_files.read_batch(path, "autumn.zip") == EXAMPLE.ordered()
    assert [each.name for each in tmp_path.iterdir()] == ["sent"]


def test_more_pupils_than_a_page_takes_go_by_the_command(
    world: World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(batch_files, "MOST_PUPILS", 2)
    client = sign_in(world.people["region"])
    said = builders.text_of(send(client, builders.zipped(FILES)).text)
    assert "olds 3 rows, and a page takes 2. Use `marketplace match` for more." in said
    tables = {name: [line.split(",") for line in FILES[f"{name}.csv"].decode().splitlines()] for name in TABLES}
    write_workbook(tmp_path / "autumn.xlsx", tables)
    said = builders.text_of(send(client, (tmp_path / "autumn.xlsx").read_bytes(), "autumn.xlsx").text)
    assert "There are 3 pupils; a page takes 2. Use `marketplace match` for more." in said


def test_a_file_of_too_many_rows_is_refused_before_each_is_read(
    world: World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_files, "MOST_ROWS", 4)
    said = builders.text_of(send(sign_in(world.people["region"]), builders.zipped(FILES)).text)
    assert "olds 5 rows, and a page takes 4." in said
    assert runs_kept() == 0


def test_without_a_file_it_is_asked_for(world: World, sign_in: SignIn) -> None:
    answer = builders.post(sign_in(world.people["region"]), "/runs/files", seconds="30")
    assert answer.status_code == 422
    assert "Choose the file: a zip of the CSV files, or a workbook (.xlsx)." in answer.text


def test_an_la_of_the_region_reads_nothing_of_its_regions_files(
    world: World, sign_in: SignIn, addresses: embedded.Addresses
) -> None:
    where = send(sign_in(world.people["region"]), builders.zipped(FILES)).location
    jobs.work(addresses.application, is_waiting=False)
    client = sign_in(world.people["norbury"])
    page = builders.text_of(client.get(where).text)
    assert "No need of yours is in it." in page
    assert "placed" not in page
    assert [client.get(f"{where}/{name}.zip").status_code for name in ("answer", "problem")] == [404, 404]
    assert sign_in(world.people["commissioner"]).get("/runs/files").status_code == 403


def test_no_scenario_stands_on_a_run_of_files(world: World, sign_in: SignIn, addresses: embedded.Addresses) -> None:
    client = sign_in(world.people["region"])
    where = send(client, builders.zipped(FILES)).location
    jobs.work(addresses.application, is_waiting=False)
    answer = client.get(f"{where}/scenarios/new")
    assert answer.status_code == 409
    assert "is of files" in answer.text


def test_what_is_kept_is_what_was_sent(world: World, sign_in: SignIn, tmp_path: Path) -> None:
    client = sign_in(world.people["region"])
    where = send(client, builders.zipped(FILES)).location
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"{where}/problem.zip").data))
    archive.extractall(tmp_path)
    assert read_problem(tmp_path) == EXAMPLE.ordered()
