"""Real England: the problem is made of real places, says what it invents, and keeps invented prices to itself.

Tests that read the public data are skipped, saying so, where the data folder is not beside the project.
"""

import csv
from dataclasses import fields, replace
from pathlib import Path
from typing import get_args, get_type_hints

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.real.__main__ import main
from benchmarks.real.demand import shared_out
from benchmarks.real.figures import NEED_COLUMNS, Figures
from benchmarks.real.legal_type import INDEPENDENT, NON_MAINTAINED, legal_types, listed_statuses
from benchmarks.real.prices import PLACE_FUNDING, PriceLevel, demonstration_guide
from benchmarks.real.provenance import provenance
from benchmarks.real.region import Region, build_region
from benchmarks.real.sources import ATTRIBUTION, VARIABLE, DataError, Sources, Table, read_sources
from optimiser.answer import Answer
from optimiser.check import check
from optimiser.files import read_problem, write_problem
from optimiser.problem import Problem
from optimiser.solve import match


@pytest.fixture(scope="module")
def sources(folder: Path) -> Sources:
    return read_sources(folder)


@pytest.fixture(scope="module")
def south_west(folder: Path) -> Region:
    return build_region(folder, ["South West"])


def table(**columns: list[str]) -> Table:
    return Table("example.csv", {name: np.array(values, dtype=np.str_) for name, values in columns.items()})


def test_the_south_west_passes_the_validation_of_a_users_files(south_west: Region, tmp_path: Path) -> None:
    write_problem(south_west.problem, tmp_path)
    assert read_problem(tmp_path) == south_west.problem


def test_the_answer_for_the_south_west_passes_the_check(south_west: Region) -> None:
    answer = match(south_west.problem, seconds=60)
    assert check(south_west.problem, answer) == []
    assert {kind.kind for kind in answer.summary.kinds if kind.pupils} == {"full", "porous", "outreach"}


def test_every_la_is_real_and_every_pupil_belongs_to_the_region(south_west: Region, sources: Sources) -> None:
    authorities = sources["authorities"]
    real = set(authorities["la_code"].tolist())
    here = set(authorities["la_code"][authorities["region"] == "South West"].tolist())
    problem = south_west.problem
    assert {pupil.la for pupil in problem.pupils} <= here
    assert {budget.la for budget in problem.budgets} == {pupil.la for pupil in problem.pupils}
    assert {la for provision in problem.provisions for la in provision.las} <= real


def test_every_setting_is_real_and_stands_where_it_stands(south_west: Region, sources: Sources) -> None:
    settings = sources["settings"]
    places = {row["urn"]: (row["easting"], row["northing"]) for row in settings.rows()}
    for provision in south_west.problem.provisions:
        assert places[provision.setting] == (str(provision.easting), str(provision.northing))


def test_pupils_stand_on_small_areas_of_their_own_la(south_west: Region, sources: Sources) -> None:
    areas = sources["small_areas"]
    centres = set(zip(areas["la_code"], areas["easting"], areas["northing"], strict=True))
    assert all((row.la, str(row.easting), str(row.northing)) in centres for row in south_west.problem.pupils)


def test_the_same_seed_gives_the_same_problem_and_another_seed_another(folder: Path, south_west: Region) -> None:
    assert build_region(folder, ["South West"]).problem == south_west.problem
    other = build_region(folder, ["South West"], seed=1).problem
    assert other.pupils != south_west.problem.pupils
    assert other.provisions != south_west.problem.provisions


def test_a_setting_is_the_same_whichever_regions_are_asked_for(folder: Path, south_west: Region) -> None:
    both = build_region(folder, ["London", "south west "])
    assert both.names == ("London", "South West")
    assert set(south_west.problem.provisions) < set(both.problem.provisions)
    assert set(south_west.problem.prices) < set(both.problem.prices)


def test_another_number_of_pupils_scales_places_and_budgets_with_it(folder: Path, south_west: Region) -> None:
    usual = len(south_west.problem.pupils)
    double = build_region(folder, ["South West"], pupils=2 * usual)
    assert south_west.usual_pupils == double.usual_pupils == usual
    assert len(double.problem.pupils) == 2 * usual
    assert sum(p.amount for p in double.problem.pools) == pytest.approx(
        2 * sum(p.amount for p in south_west.problem.pools), rel=0.05
    )
    assert sum(b.budget for b in double.problem.budgets) == pytest.approx(
        2 * sum(b.budget for b in south_west.problem.budgets), rel=0.05
    )


def test_every_region_with_settings_is_matched_as_all(folder: Path) -> None:
    england = build_region(folder, ["all"], pupils=2000)
    assert len(england.names) == 8
    assert "South East" not in england.names


def test_a_region_without_settings_is_refused_with_those_there_are(folder: Path) -> None:
    with pytest.raises(DataError, match=r"no region 'south east': give all or some of .*London.*South West"):
        build_region(folder, ["South East"])


def test_every_column_of_every_row_has_a_provenance_and_nothing_else_has() -> None:
    hints = get_type_hints(Problem)
    rows = [get_args(hint)[0] if get_args(hint) else hint for hint in hints.values()]
    columns = [(row.__name__.lower(), column.name) for row in rows for column in fields(row)]
    told = [(row.table, row.column) for row in provenance()]
    assert sorted(told) == sorted(columns)
    assert all(row.how for row in provenance())


def test_a_school_that_both_lists_name_counts_as_approved_and_is_counted() -> None:
    given = {"1": frozenset({"Approved", "No"}), "2": frozenset({"No"}), "3": frozenset({"Approved"})}
    legal = legal_types([(urn, INDEPENDENT) for urn in "1234"], given)
    assert legal.setting_type == {"1": "section41", "2": "independent", "3": "section41", "4": "independent"}
    assert legal.contradictions == ("1",)
    assert legal.not_stated == ("4",)


def test_the_type_of_gias_wins_over_a_list_and_the_contradiction_is_counted() -> None:
    given = {"1": frozenset({"Approved"}), "2": frozenset({"Not applicable"}), "3": frozenset({"No"})}
    legal = legal_types([("1", NON_MAINTAINED), ("2", NON_MAINTAINED), ("3", "Community special school")], given)
    assert legal.setting_type == {"1": "nmss", "2": "nmss", "3": "state_special"}
    assert legal.contradictions == ("1", "3")


def test_an_unknown_gias_type_is_refused() -> None:
    with pytest.raises(DataError, match="Sixth form centre"):
        legal_types([("1", "Sixth form centre")], {})


def test_the_lists_are_joined_by_urn_whatever_the_shape_of_the_number() -> None:
    lists = table(matched_urn=["100.0", "100", ""], section41=["Approved", "No", "Approved"])
    settings = table(urn=["100", "200"], section41_mar2022=["", "No"])
    statuses = listed_statuses({"dfe_section41_and_inmss_list_2022": lists, "settings": settings})
    assert statuses == {"100": frozenset({"Approved", "No"}), "200": frozenset({"No"})}


def test_the_real_lists_contradict_each_other_and_an_approval_wins(sources: Sources) -> None:
    statuses = listed_statuses(sources)
    settings = sources["settings"]
    legal = legal_types(zip(settings["urn"].tolist(), settings["type"].tolist(), strict=True), statuses)
    assert len(legal.contradictions) == 21
    assert {legal.setting_type[urn] for urn in legal.contradictions} == {"section41"}


def test_x_z_and_blank_are_not_available_and_never_zero() -> None:
    numbers = table(pupils=["7", "x", "z", "", "0"]).numbers("pupils")
    assert np.isnan(numbers).tolist() == [False, True, True, True, False]


def test_any_other_word_among_numbers_is_refused_with_its_place() -> None:
    with pytest.raises(DataError, match=r"example.csv, row 3, pupils: 'low'"):
        table(pupils=["7", "low"]).numbers("pupils")


def test_a_column_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(DataError, match=r"example.csv has no column rolls"):
        table(pupils=["7"])["rolls"]


def test_an_la_whose_statistics_are_not_available_takes_the_substitute(sources: Sources) -> None:
    unavailable, available = "812", "878"  # their 2025 return was not published; all of it was
    figures = Figures(sources, [unavailable, available])
    assert (figures.starts_by_age.sum(axis=1) > 0).all()
    assert figures.specialist_stock.min() > 0
    assert {what for what, las in figures.substituted.items() if las} == {"specialist stock", "starts"}
    assert set.union(*figures.substituted.values()) == {unavailable}


def test_an_la_without_a_need_mix_takes_englands_and_not_nothing() -> None:
    counts = {column: ["30", "x"] if column == "number_asd" else ["10", "x"] for column in NEED_COLUMNS}
    rows = table(
        geographic_level=["National", "Local authority"],
        old_la_code=["", "999"],
        placement=["Special - total", "Special - total"],
        **counts,
    )
    figures = Figures({"ehcp_la_need_by_placement_2025": rows}, ["999"])
    mix = figures.need_mix(("Special - total",))
    assert mix[0, 0] == pytest.approx(3 * mix[0, 1])
    assert mix.sum() == pytest.approx(1.0)
    assert figures.substituted["need mix, Special - total"] == {"999"}


def test_an_outturn_that_is_an_artefact_is_clipped_and_too_few_placements_count_for_nothing(sources: Sources) -> None:
    york, leeds, devon = "816", "383", "878"  # York: £621,651 a place over 9 placements; Leeds: £215,022
    figures = Figures(sources, [york, leeds, devon])
    level = dict(zip(figures.las, figures.price_level.tolist(), strict=True))
    assert level[york] == 1.0
    assert max(level.values()) == level[leeds] < 1.5
    assert york in figures.substituted["price level"]


def test_the_place_funding_of_an_nmss_is_sunk_and_a_state_place_costs_its_top_up() -> None:
    guide = demonstration_guide()
    day = {
        kind: PriceLevel(guide, kind, 1.0, 1.0, 1.0).full("day") for kind in ("independent", "nmss", "state_special")
    }
    assert day["independent"]["intensive"] == 48_000
    assert day["nmss"]["intensive"] == 48_000 - PLACE_FUNDING
    assert (day["state_special"]["moderate"], day["state_special"]["profound"]) == (11_412, 17_556)


def test_a_share_of_the_week_costs_its_sessions_and_the_coordination() -> None:
    level = PriceLevel(demonstration_guide(), "independent", 1.0, 1.0, 1.0)
    assert level.porous(4)["moderate"] == pytest.approx(13_200)


def test_whole_shares_add_up_and_follow_the_weights() -> None:
    assert shared_out(np.array([1.0, 1.0, 1.0]), 5).tolist() == [2, 2, 1]
    assert shared_out(np.array([3.0, 0.0, 1.0]), 4).tolist() == [3, 0, 1]


def test_a_run_prints_sums_and_the_attribution_and_never_a_setting(sources: Sources) -> None:
    run = CliRunner().invoke(main, ["--region", "South West", "--pupils", "300", "--seconds", "60"])
    assert run.exit_code == 0, run.output
    assert ATTRIBUTION in run.output
    for word in ("South West", "placed, full", "unplaced", "proven gap", "options"):
        assert word in run.output
    for row in provenance():
        assert row.origin == "data" or f"{row.table}.{row.column} " in run.output
    settings = sources["settings"].where(sources["settings"]["region"] == "South West")
    assert not [urn for urn in settings["urn"].tolist() if urn in run.output]
    assert not [name for name in settings["name"].tolist() if name and name in run.output]


def test_rows_are_written_only_where_the_user_says_and_the_folder_says_what_is_invented(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, str(folder))
    options = ["--region", "North East", "--pupils", "200", "--seconds", "60"]
    assert CliRunner().invoke(main, options).exit_code == 0
    assert list(tmp_path.iterdir()) == []
    run = CliRunner().invoke(main, [*options, "--out", "run"])
    assert run.exit_code == 0, run.output
    assert read_problem(tmp_path / "run" / "problem") == build_region(folder, ["North East"], pupils=200).problem
    assert (tmp_path / "run" / "result" / "assignments.csv").is_file()
    with (tmp_path / "run" / "provenance.csv").open(encoding="utf-8", newline="") as lines:
        assert len(list(csv.reader(lines))) == 1 + len(list(provenance()))
    assert "invented" in (tmp_path / "run" / "NOTICE.txt").read_text("utf-8")


def test_an_answer_that_fails_its_check_is_not_written_and_names_no_setting(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def losing_a_pupil(problem: Problem, *, seconds: float) -> Answer:
        answer = match(problem, seconds=seconds)
        return replace(answer, assignments=answer.assignments[1:])

    monkeypatch.setattr("benchmarks.real.__main__.match", losing_a_pupil)
    run = CliRunner().invoke(main, ["--region", "North East", "--pupils", "200", "--out", str(tmp_path / "run")])
    assert run.exit_code == 1
    assert "fails its check" in run.output
    assert not (tmp_path / "run").exists()
    assert not [urn for urn in sources["settings"]["urn"].tolist() if urn in run.output]


def test_a_place_that_is_taken_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("kept", "utf-8")
    run = CliRunner().invoke(main, ["--out", str(tmp_path)])
    assert run.exit_code == 2
    assert "not empty" in run.output
    assert "pupils" not in run.output


@pytest.mark.usefixtures("folder")
def test_time_that_is_over_before_there_is_an_answer_ends_the_run_with_its_own_code() -> None:
    run = CliRunner().invoke(main, ["--pupils", "100", "--seconds", "0.0000001"])
    assert run.exit_code == 3
    assert "give more --seconds" in run.output


def test_a_missing_data_folder_ends_the_run_with_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nowhere"))
    run = CliRunner().invoke(main, [])
    assert run.exit_code == 2
    assert run.output.count("\n") == 1
    assert f"There are no public data in {tmp_path / 'nowhere'}" in run.output
    assert VARIABLE in run.output


def test_a_data_folder_without_one_of_its_files_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "settings.csv").write_text("urn\n1\n", "utf-8")
    with pytest.raises(DataError, match=r"dfe_section41_and_inmss_list_2022.csv is missing"):
        read_sources(tmp_path)
