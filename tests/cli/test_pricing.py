"""`marketplace pricing` as a person or a cron job meets it: what it writes, what it says, and how it ends."""

import csv
import json
import tomllib
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from marketplace.cli import main
from marketplace.services.pricing_files import write_new_file
from optimiser.result_folder import FolderTakenError
from pricing.observed import Placement
from pricing.tariff import DEMONSTRATION_TARIFF, load_tariff, next_april
from tests.pricing.placements import generated

HEADER = "placement,la,setting,provider,setting_type,pattern,band,area_factor,price"
ROW = "P1,873,S1,Elm Trust,nmss,day,intensive,1,50000"
TARIFF = """name = "Elmshire 2027"
basis = "local"
valid_from = 2027-04-01
[band]
moderate = 30000
intensive = 48000
profound = 66000
exceptional = 95000
[pattern]
day = 1.0
weekly = 1.5
termly = 1.9
annual = 3.2
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["pricing", *map(str, arguments)])


def lines_of(rows: Sequence[Placement]) -> list[str]:
    return [
        f"{row.placement},{row.la},{row.setting},{row.provider},{row.setting_type},{row.pattern},{row.band},"
        f"{row.area_factor},{row.price}"
        for row in rows
    ]


def write(path: Path, *lines: str, header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *lines]) + "\n", "utf-8")
    return path


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def tariff(tmp_path: Path) -> Path:
    path = tmp_path / "tariff.toml"
    path.write_text(TARIFF, "utf-8")
    return path


@pytest.fixture
def observed(tmp_path: Path) -> Path:
    return write(tmp_path / "observed.csv", *lines_of(generated(400, seed=1, outliers=0.1)))


def test_a_tariff_is_calibrated_run_in_the_shadow_and_costs_what_is_paid_today(observed: Path, tmp_path: Path) -> None:
    out = tmp_path / "new.toml"
    told = run("calibrate", observed, "--out", out, "--neutral", "--step", "1000", "--fit-multipliers")
    assert told.exit_code == 0, told.output
    assert "would cost what they cost today, to the pound" in told.stdout
    made = load_tariff(out)
    prices = [made.band[band] for band in made.band]
    assert all(high - low >= 100_000 for low, high in pairwise(prices))
    assert run("shadow", "--tariff", out, observed, "--out", tmp_path / "shadow").exit_code == 0
    summary = json.loads((tmp_path / "shadow" / "summary.json").read_text())
    assert summary["difference"] == 0
    assert summary["guide"] == summary["price"] == sum(int(row["price"]) for row in table(observed))


def test_a_calibrated_tariff_says_how_well_it_fits_and_what_it_rests_on(observed: Path, tmp_path: Path) -> None:
    out = tmp_path / "new.toml"
    arguments = ("calibrate", observed, "--out", out, "--name", 'Elm "2028"', "--valid-from", "2028-04-01")
    assert run(*arguments).exit_code == 0
    text = out.read_text("utf-8")
    made = tomllib.loads(text)
    assert (made["name"], made["valid_from"], made["basis"]) == ('Elm "2028"', date(2028, 4, 1), "local")
    assert "400 observed placements; multipliers of Demonstration tariff (illustrative)" in made["source"]
    assert text.count("# ") >= 6
    assert "# moderate: " in text


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2026, 11, 25), date(2027, 4, 1)),
        (date(2027, 3, 31), date(2027, 4, 1)),
        (date(2027, 4, 1), date(2028, 4, 1)),
    ],
)
def test_a_tariff_starts_with_the_next_financial_year(today: date, first: date) -> None:
    assert next_april(today) == first


def test_multipliers_may_be_those_of_a_tariff_of_ones_own(observed: Path, tariff: Path, tmp_path: Path) -> None:
    tariff.write_text(TARIFF.replace("weekly = 1.5", "weekly = 1.4"), "utf-8")
    out = tmp_path / "new.toml"
    assert run("calibrate", observed, "--out", out, "--multipliers", tariff).exit_code == 0
    made = tomllib.loads(out.read_text())
    assert made["pattern"]["weekly"] == 1.4
    assert "multipliers of Elmshire 2027, version 1" in made["source"]


def test_calibration_may_meet_a_band_that_the_tariff_of_the_multipliers_does_not_price(tmp_path: Path) -> None:
    path = write(tmp_path / "mild.csv", ROW.replace("intensive", "mild"))
    assert run("calibrate", path, "--out", tmp_path / "new.toml").exit_code == 0
    assert tomllib.loads((tmp_path / "new.toml").read_text())["band"] == {"mild": 50_000}


def test_a_shadow_run_is_written_whole(observed: Path, tariff: Path, tmp_path: Path) -> None:
    told = run("shadow", "--tariff", tariff, observed, "--out", tmp_path / "out", "--limit", "5")
    assert told.exit_code == 0, told.output
    out = tmp_path / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        *("by_band.csv", "by_la.csv", "by_pattern.csv", "by_provider.csv", "placements.csv", "summary.json")
    ]
    summary, rows = json.loads((out / "summary.json").read_text()), table(out / "placements.csv")
    years = len(summary["transition"])
    assert list(rows[0]) == [
        *("placement", "price", "guide", "difference"),
        *(f"transition_{year}" for year in range(1, years + 1)),
    ]
    assert [row["placement"] for row in rows] == sorted(row["placement"] for row in rows)
    assert all(row[f"transition_{years}"] == row["guide"] for row in rows)
    assert all(int(row["guide"]) - int(row["price"]) == int(row["difference"]) for row in rows)
    assert (summary["n"], summary["limit"], summary["beyond"]) == (400, 5.0, 0)
    for name in ("la", "provider", "band", "pattern"):
        totals = table(out / f"by_{name}.csv")
        assert list(totals[0]) == [name, "n", "price", "guide", "difference", "gain", "lose"]
        for figure in ("n", "price", "guide", "difference"):
            assert sum(int(row[figure]) for row in totals) == summary[figure]
        assert sum(int(row["gain"]) for row in totals) == round(summary["share_gain"] * 400)
        assert sum(int(row["lose"]) for row in totals) == round(summary["share_lose"] * 400)


def test_a_corridor_is_written_whole(observed: Path, tmp_path: Path) -> None:
    told = run("corridor", observed, "--out", tmp_path / "out", "--on", "2026-11-25")
    assert told.exit_code == 0, told.output
    out = tmp_path / "out"
    assert sorted(path.name for path in out.iterdir()) == ["corridor.csv", "placements.csv", "summary.json"]
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["on"], summary["n"], list(summary["pseudo_r2"])) == ("2026-11-25", 400, ["0.1", "0.5", "0.9"])
    cells = table(out / "corridor.csv")
    assert sum(int(row["n"]) for row in cells) == 400
    assert all(int(row["low"]) <= int(row["median"]) <= int(row["high"]) for row in cells)
    places = [row["place"] for row in table(out / "placements.csv")]
    assert len(places) == 400
    assert 0.7 < places.count("within") / 400 < 0.9


def test_fewer_than_thirty_placements_make_no_corridor(tmp_path: Path) -> None:
    path = write(tmp_path / "few.csv", *lines_of(generated(29, seed=1)))
    told = run("corridor", path, "--out", tmp_path / "out")
    assert told.exit_code == 2
    assert told.stderr == "Error: There are 29 observations; a corridor needs at least 30.\n"
    assert not (tmp_path / "out").exists()


def test_the_order_of_rows_and_columns_changes_no_byte(tariff: Path, tmp_path: Path) -> None:
    lines = lines_of(generated(200, seed=2, outliers=0.1))
    shuffled = sorted(lines, key=lambda line: line[::-1])
    places = HEADER.split(",")[::-1]
    turned = [",".join(line.split(",")[::-1]) for line in shuffled]
    written = []
    for number, path in enumerate(
        [write(tmp_path / "a.csv", *lines), write(tmp_path / "b.csv", *turned, header=",".join(places))]
    ):
        out = tmp_path / str(number)
        out.mkdir()
        assert run("calibrate", path, "--out", out / "t.toml", "--neutral", "--fit-multipliers").exit_code == 0
        assert run("shadow", path, "--tariff", tariff, "--out", out / "shadow").exit_code == 0
        assert run("corridor", path, "--out", out / "corridor").exit_code == 0
        files = sorted(file for file in out.rglob("*") if file.is_file())
        written.append({str(file.relative_to(out)): file.read_bytes() for file in files})
    assert written[0] == written[1]
    assert len(written[0]) == 1 + 6 + 3


@pytest.mark.parametrize("price", ["61000", "£61,000", "61,000", "£ 61000", "61000.00", "£61,000.00", " 61000 "])
def test_a_price_may_be_written_as_people_write_it(tariff: Path, tmp_path: Path, price: str) -> None:
    path = write(tmp_path / "o.csv", ROW.replace("50000", f'"{price}"'))
    assert run("shadow", path, "--tariff", tariff, "--out", tmp_path / "out").exit_code == 0
    assert table(tmp_path / "out" / "placements.csv")[0]["price"] == "61000"


@pytest.mark.parametrize(
    ("row", "column", "problem"),
    [
        (ROW.replace("50000", "1.2k"), "price", "is shortened; write all its digits out"),
        (ROW.replace("50000", "£0.05m"), "price", "is shortened"),
        (ROW.replace("50000", '"£1,200.50"'), "price", "has pence; the price of a year is in whole £"),
        (ROW.replace("50000", '"61,00"'), "price", "is not an amount of money"),
        (ROW.replace("50000", "about 50000"), "price", "is not an amount of money"),
        (ROW.replace("50000", "5e4"), "price", "is not an amount of money"),
        (ROW.replace("50000", "-50000"), "price", "is a formula, or has a sign"),
        (ROW.replace("50000", "=A1"), "price", "is a formula, or has a sign"),
        (ROW.replace("50000", "0"), "price", "is below what is possible"),
        (ROW.replace("50000", "10000001"), "price", "is above what is possible"),
        (ROW.replace("50000", ""), "price", "is blank"),
        (ROW.replace("Elm Trust", "=HYPERLINK(1)"), "provider", "is a formula, or would be taken for one"),
        (ROW.replace("P1", "@P1"), "placement", "is a formula, or would be taken for one"),
        (ROW.replace("873", "x" * 201), "la", "is longer than 200 characters"),
        (ROW.replace("S1", "S\x07"), "setting", "character that cannot be seen"),
        (ROW.replace("P1,", ","), "placement", "is blank"),
        (ROW.replace("nmss", "school"), "setting_type", "is not one of the words known here"),
        (ROW.replace("day", "nightly"), "pattern", "is not one of the words known here"),
        (ROW.replace("intensive", "Intensive"), "band", "is not one of the words known here"),
        (ROW.replace("intensive", "mild"), "band", "has no figure in the Elmshire 2027, version 1"),
        (ROW.replace(",1,50000", ",0,50000"), "area_factor", "is below what is possible"),
        (ROW.replace(",1,50000", ",-1,50000"), "area_factor", "is below what is possible"),
        (ROW.replace(",1,50000", ",118,50000"), "area_factor", "is above what is possible"),
        (ROW.replace(",1,50000", ",1.1x,50000"), "area_factor", "is not a number"),
        (ROW + ",more", "", "stands in a column without a name"),
        (ROW.removesuffix(",50000"), "", "has only 8 cells; the row is cut short"),
    ],
)
def test_a_bad_cell_is_named_with_its_reason_and_nothing_is_written(
    tariff: Path, tmp_path: Path, row: str, column: str, problem: str
) -> None:
    told = run("shadow", write(tmp_path / "o.csv", row), "--tariff", tariff, "--out", tmp_path / "out")
    assert told.exit_code == 2
    assert isinstance(told.exception, SystemExit)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["errors.csv"]
    first = table(tmp_path / "out" / "errors.csv")[0]
    assert (first["file"], first["row"], first["column"]) == ("o.csv", "2", column)
    assert problem in first["problem"]
    assert first["remedy"]
    assert str(tmp_path / "out" / "errors.csv") in told.stderr


@pytest.mark.parametrize(
    ("header", "column", "problem"),
    [
        (HEADER.replace("band", "bnad"), "bnad", "is not a column of this file"),
        (HEADER.replace("price", "fee"), "price", "is a required column and is missing"),
        (HEADER.replace("provider", "setting"), "setting", "stands twice in the header"),
        (HEADER.replace(",", ";"), "", "separates its columns by ;"),
        ("", "", "has no header row"),
    ],
)
def test_a_header_that_is_not_the_files_is_told(tmp_path: Path, header: str, column: str, problem: str) -> None:
    told = run("corridor", write(tmp_path / "o.csv", ROW, header=header), "--out", tmp_path / "out")
    assert told.exit_code == 2
    assert any(row["column"] == column and problem in row["problem"] for row in table(tmp_path / "out" / "errors.csv"))


def test_the_area_factor_may_be_left_out(tariff: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "o.csv", ROW.replace(",1,", ","), header=HEADER.replace("area_factor,", ""))
    assert run("shadow", path, "--tariff", tariff, "--out", tmp_path / "out").exit_code == 0
    assert table(tmp_path / "out" / "placements.csv")[0]["guide"] == "48000"


def test_a_placement_that_stands_twice_is_told_with_both_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "o.csv", ROW, ROW.replace("P1", "P2"), ROW, ROW)
    assert run("calibrate", path, "--out", tmp_path / "t.toml").exit_code == 2
    rows = table(tmp_path / "t.errors.csv")
    assert [(row["row"], row["value"], row["problem"]) for row in rows] == [
        ("4", "P1", "stands in row 2 already"),
        ("5", "P1", "stands in row 2 already"),
    ]


def test_errors_come_by_row_and_a_blank_placement_is_no_repeated_one(tmp_path: Path) -> None:
    blank = ROW.replace("P1", "")
    path = write(tmp_path / "o.csv", ROW, ROW, blank, blank, ROW.replace("P1", "P2").replace("50000", "1.2k"))
    assert run("corridor", path, "--out", tmp_path / "out").exit_code == 2
    assert [(row["row"], row["column"]) for row in table(tmp_path / "out" / "errors.csv")] == [
        *(("3", "placement"), ("4", "placement"), ("5", "placement"), ("6", "price"))
    ]


def test_a_file_that_came_into_being_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "tariff.toml"
    path.write_text("mine")
    with pytest.raises(FolderTakenError, match="exists; give another name"):
        write_new_file(path, "ours")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("tariff.toml", "mine")]


def test_a_reference_behind_an_apostrophe_is_written_back_behind_it(tariff: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "o.csv", ROW.replace("P1", "'=P1"))
    assert run("shadow", path, "--tariff", tariff, "--out", tmp_path / "out").exit_code == 0
    assert table(tmp_path / "out" / "placements.csv")[0]["placement"] == "'=P1"


def test_every_error_of_the_placements_and_of_the_tariff_is_told_at_once(tariff: Path, tmp_path: Path) -> None:
    tariff.write_text(TARIFF.replace("66000", "47999").replace("day = 1.0\n", ""), "utf-8")
    path = write(tmp_path / "o.csv", ROW.replace("50000", "1.2k"), ROW.replace("day", "nightly"))
    told = run("shadow", path, "--tariff", tariff, "--out", tmp_path / "out")
    assert told.exit_code == 2
    assert [(row["file"], row["row"], row["column"]) for row in table(tmp_path / "out" / "errors.csv")] == [
        ("tariff.toml", "", "[band] profound"),
        ("tariff.toml", "", "[pattern] day"),
        ("o.csv", "2", "price"),
        ("o.csv", "3", "pattern"),
        ("o.csv", "3", "placement"),
    ]
    assert "£47,999 is below intensive, £48,000" in told.stderr


@pytest.mark.parametrize("command", ["calibrate", "shadow", "corridor"])
@pytest.mark.parametrize("name", ["nowhere.csv", "folder", "picture.csv", "empty.csv", "header.csv", "latin.csv"])
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path, tariff: Path, command: str, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (tmp_path / "empty.csv").write_text("")
    write(tmp_path / "header.csv")
    (tmp_path / "latin.csv").write_bytes(f"{HEADER}\n{ROW}é\n".encode("latin-1"))
    extra = ["--tariff", tariff] if command == "shadow" else []
    told = run(command, tmp_path / name, *extra, "--out", tmp_path / "out")
    assert told.exit_code == 2
    assert isinstance(told.exception, SystemExit)
    assert "Error: 1 error; nothing was written. The list is in " in told.stderr


def test_a_tariff_that_is_not_there_is_one_sentence(observed: Path, tmp_path: Path) -> None:
    told = run("shadow", observed, "--tariff", tmp_path / "none.toml", "--out", tmp_path / "out")
    assert told.exit_code == 2
    assert "none.toml: cannot be read (No such file or directory)" in told.stderr


def test_once_the_files_are_right_the_list_of_errors_makes_way(tariff: Path, tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    for price, code in (("1.2k", 2), ("50000", 0)):
        write(path, ROW.replace("50000", price))
        assert run("shadow", path, "--tariff", tariff, "--out", tmp_path / "out").exit_code == code
        assert run("calibrate", path, "--out", tmp_path / "t.toml").exit_code == code
    assert not (tmp_path / "out" / "errors.csv").exists()
    assert not (tmp_path / "t.errors.csv").exists()


def test_many_errors_are_all_kept_and_the_first_of_them_told(tmp_path: Path) -> None:
    path = write(tmp_path / "o.csv", *(ROW.replace("P1", f"P{n}").replace("50000", "1.2k") for n in range(300)))
    told = run("corridor", path, "--out", tmp_path / "out")
    assert len(told.stderr.splitlines()) == 202
    assert "… and 100 more" in told.stderr
    assert len(table(tmp_path / "out" / "errors.csv")) == 300


def test_twenty_thousand_rows_are_read(tariff: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "o.csv", *(ROW.replace("P1", f"P{n}") for n in range(20_000)))
    assert run("shadow", path, "--tariff", tariff, "--out", tmp_path / "out").exit_code == 0
    assert len(table(tmp_path / "out" / "placements.csv")) == 20_000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["calibrate", "observed.csv", "--out", "tariff.toml"], "tariff.toml exists; give another name"),
        (["calibrate", "observed.csv", "--out", "folder"], "exists; give another name"),
        (["calibrate", "observed.csv", "--out", "t.toml", "--step", "-1"], "is not in the range"),
        (["calibrate", "observed.csv", "--out", "t.toml", "--neutral", "--step", "90000"], "Give a smaller step"),
        (["calibrate", "observed.csv", "--out", "t.toml", "--valid-from", "soon"], "does not match the format"),
        (["calibrate", "observed.csv", "--out", "t.toml", "--name", " "], "is not words"),
        (["calibrate", "observed.csv"], "Missing option '--out'"),
        (["shadow", "observed.csv", "--out", "out"], "Missing option '--tariff'"),
        (["shadow", "observed.csv", "--tariff", "tariff.toml", "--out", "folder"], "is not empty"),
        (["shadow", "observed.csv", "--tariff", "tariff.toml", "--out", "tariff.toml"], "is not a folder"),
        (["shadow", "observed.csv", "--tariff", "tariff.toml", "--out", "out", "--limit", "0"], "above 0"),
        (["shadow", "observed.csv", "--tariff", "tariff.toml", "--out", "out", "--limit", "101"], "at most 100"),
        (["shadow", "observed.csv", "--tariff", "tariff.toml", "--out", "out", "--limit", "nan"], "a percentage"),
        (["shadow", "observed.csv", "--tariff", "tariff.toml", "--out", "out", "--limit", "0.001"], "two decimals"),
        (["corridor", "observed.csv", "--out", "folder"], "is not empty"),
        (["corridor", "observed.csv", "--out", "out", "--on", "2026-02-30"], "does not match the format"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_that_cannot_be_done_says_why_and_writes_nothing(
    observed: Path, tariff: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    assert tariff.parent == observed.parent
    monkeypatch.chdir(observed.parent)
    (observed.parent / "folder").mkdir()
    (observed.parent / "folder" / "mine.txt").write_text("mine")
    before = {path: path.read_bytes() for path in observed.parent.rglob("*") if path.is_file()}
    told = run(*arguments)
    assert told.exit_code == 2
    assert said in told.stderr
    assert isinstance(told.exception, SystemExit)
    assert {path: path.read_bytes() for path in observed.parent.rglob("*") if path.is_file()} == before


def test_a_place_that_cannot_be_written_is_said_and_leaves_nothing(observed: Path, tmp_path: Path) -> None:
    told = run("calibrate", observed, "--out", tmp_path / "no" / "such" / "t.toml")
    assert told.exit_code == 1
    assert "No tariff was written" in told.stderr
    assert not (tmp_path / "no").exists()


def test_the_demonstration_tariff_itself_can_be_run(observed: Path, tmp_path: Path) -> None:
    assert run("shadow", observed, "--tariff", DEMONSTRATION_TARIFF, "--out", tmp_path / "out").exit_code == 0
    assert "(illustrative)" in json.loads((tmp_path / "out" / "summary.json").read_text())["tariff"]
