"""Loading reference data: what it creates, what it updates, what it leaves alone, and what it refuses."""

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.cli.reference_files import read
from marketplace.errors import BadFiles, NotPermitted
from marketplace.models import (
    AuditEvent,
    Authority,
    Framework,
    HomeArea,
    Region,
    Setting,
    SettingStatus,
    SettingType,
    Sex,
    Tariff,
    TariffStatus,
)
from marketplace.permissions import NOBODY, SYSTEM
from marketplace.services.frameworks import framework_in_force
from marketplace.services.reference import Report, load_reference
from pricing.framework import DEMONSTRATION_FRAMEWORK
from pricing.tariff import DEMONSTRATION_TARIFF
from tests import builders, gias

ON = date(2026, 11, 25)


def load(session: Session, *, skip: bool = False, **files: Path) -> Report:
    return load_reference(session, SYSTEM, reference=read(**files), on=ON, is_skipping_bad_rows=skip)


def load_rows(session: Session, tmp_path: Path, *rows: dict[str, str], skip: bool = False) -> Report:
    return load(session, skip=skip, gias=gias.write(tmp_path / "gias.csv", rows))


def the_setting(session: Session, urn: int) -> Setting:
    return session.scalars(select(Setting).where(Setting.urn == urn)).one()


def test_a_file_creates_regions_authorities_and_settings(session: Session, tmp_path: Path) -> None:
    report = load_rows(
        session,
        tmp_path,
        gias.row(900001, name="Rookery School", gender="Girls", boarders="Boarding school"),
        gias.mainstream(900002, la="902", la_name="Ashton Vale", region="South West"),
    )
    assert report.register is not None
    assert (report.register.settings.created, report.register.passed_over) == (1, 1)
    setting = the_setting(session, 900001)
    assert (setting.name, setting.type, setting.sex) == ("Rookery School", SettingType.STATE_SPECIAL, Sex.FEMALE)
    assert (setting.low_age, setting.high_age, setting.capacity, setting.pupils) == (4, 19, 120, 110)
    assert (setting.boarders, setting.postcode, setting.needs) == ("Boarding school", "QX4 7AB", ["ASD"])
    assert (setting.easting, setting.northing, setting.status) == (405000, 305000, SettingStatus.OPEN)
    assert setting.authority.name == "Elmshire"
    assert {(row.code, row.name, row.region.name) for row in session.scalars(select(Authority))} == {
        ("901", "Elmshire", "West Midlands"),
        ("902", "Ashton Vale", "South West"),
    }


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_a_name_survives_in_each_encoding(session: Session, tmp_path: Path, encoding: str) -> None:
    path = gias.write(tmp_path / "gias.csv", [gias.row(900001, name="St Brénd’s – Señora’s")], encoding=encoding)
    load(session, gias=path)
    assert the_setting(session, 900001).name == "St Brénd’s – Señora’s"


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({"type": "Community special school"}, SettingType.STATE_SPECIAL),
        ({"type": "Foundation special school"}, SettingType.STATE_SPECIAL),
        ({"type": "Academy special converter"}, SettingType.STATE_SPECIAL),
        ({"type": "Academy special sponsor led"}, SettingType.STATE_SPECIAL),
        ({"type": "Free schools special"}, SettingType.STATE_SPECIAL),
        ({"type": "Non-maintained special school"}, SettingType.NMSS),
        ({"type": "Pupil referral unit"}, SettingType.AP),
        ({"type": "Academy alternative provision converter"}, SettingType.AP),
        ({"type": "Academy alternative provision sponsor led"}, SettingType.AP),
        ({"type": "Free schools alternative provision"}, SettingType.AP),
        ({"type": "Free schools - alternative provision"}, SettingType.AP),
        ({"type": "Other independent special school", "section41": "Approved"}, SettingType.SECTION41),
        ({"type": "Other independent special school", "section41": "Not approved"}, SettingType.INDEPENDENT),
        # What is not called approved is not: approval is an act of the Secretary of State.
        ({"type": "Other independent special school", "section41": ""}, SettingType.INDEPENDENT),
        ({"type": "Other independent special school", "section41": "Not applicable"}, SettingType.INDEPENDENT),
        # The flag makes no other school a section 41 school.
        ({"type": "Non-maintained special school", "section41": "Approved"}, SettingType.NMSS),
        ({"type": "Community school", "resourced": "SEN unit"}, SettingType.RESOURCED_MAINSTREAM),
        ({"type": "Academy converter", "resourced": "Resourced provision"}, SettingType.RESOURCED_MAINSTREAM),
        ({"type": "Free schools", "resourced": "Resourced provision and SEN unit"}, SettingType.RESOURCED_MAINSTREAM),
        ({"type": "Community special school", "resourced": "SEN unit"}, SettingType.STATE_SPECIAL),
    ],
)
def test_the_type_of_a_setting_is_that_of_law_and_money(
    session: Session, tmp_path: Path, cells: dict[str, str], kind: SettingType
) -> None:
    load_rows(session, tmp_path, gias.row(900001, **cells))
    assert the_setting(session, 900001).type is kind


@pytest.mark.parametrize(
    "cells",
    [
        {"type": "Community school"},
        {"type": "Other independent school", "section41": "Not approved"},
        {"type": "Special post 16 institution"},
        {"type": "Welsh establishment", "region": "Wales (pseudo)"},
        {"type": "Other independent school", "resourced": "SEN unit"},
    ],
)
def test_what_is_no_setting_is_passed_over(session: Session, tmp_path: Path, cells: dict[str, str]) -> None:
    report = load_rows(session, tmp_path, gias.row(900001, **cells))
    assert report.register is not None
    assert report.register.passed_over == 1
    assert session.scalars(select(Setting)).all() == []


@pytest.mark.parametrize("blank", ["", "Not Applicable", "Not applicable", "  "])
def test_missing_need_types_are_not_stated_and_never_none(session: Session, tmp_path: Path, blank: str) -> None:
    load_rows(session, tmp_path, gias.row(900001, sen1=blank, sen2=blank, sen13=blank))
    assert the_setting(session, 900001).needs is None


def test_need_types_are_read_by_code_in_one_order(session: Session, tmp_path: Path) -> None:
    row = gias.row(
        900001,
        sen1="SpLD - Specific Learning Difficulty",
        sen2="Not Applicable",
        sen13="SLCN - Speech, language and Communication",
    )
    load_rows(session, tmp_path, row)
    assert the_setting(session, 900001).needs == ["SLCN", "SPLD"]


def test_what_is_left_blank_is_not_stated(session: Session, tmp_path: Path) -> None:
    row = gias.row(900001, low="", high="", capacity="", pupils="", postcode="", boarders="Not applicable")
    load_rows(session, tmp_path, row)
    setting = the_setting(session, 900001)
    stated = (setting.low_age, setting.high_age, setting.capacity, setting.pupils, setting.postcode, setting.boarders)
    assert stated == (None,) * 6


def test_a_resourced_school_has_the_places_of_its_provision_not_those_of_the_school(
    session: Session, tmp_path: Path
) -> None:
    cells = {"type": "Community school", "resourced": "Resourced provision and SEN unit", "capacity": "900"}
    both = gias.row(900001, **cells, places="12", unit_places="8", on_roll="10")
    load_rows(session, tmp_path, both, gias.row(900002, **cells))
    found = session.execute(select(Setting.capacity, Setting.pupils).order_by(Setting.urn)).all()
    assert found == [(20, 10), (None, None)]


def test_the_region_of_an_authority_is_the_one_that_most_of_its_schools_lie_in(
    session: Session, tmp_path: Path
) -> None:
    load_rows(
        session,
        tmp_path,
        gias.row(900001, region="London"),
        gias.mainstream(900002, region="South East"),
        gias.mainstream(900003, region="South East"),
        gias.mainstream(900004, region="Not Applicable"),
        gias.mainstream(900005, region=""),
    )
    assert session.scalars(select(Region.name)).all() == ["South East"]


def test_loading_twice_changes_nothing(session: Session, tmp_path: Path) -> None:
    rows = [gias.row(900001), gias.row(900002, type="Non-maintained special school", sen1="")]
    load_rows(session, tmp_path, *rows)
    again = load_rows(session, tmp_path, *reversed(rows)).register
    assert again is not None
    for changes in (again.regions, again.authorities, again.settings):
        assert (changes.created, changes.updated) == (0, 0)
    assert again.settings.unchanged == 2
    events = session.scalars(select(AuditEvent).where(AuditEvent.event == "reference data loaded")).all()
    assert [event.data for event in events] == [{"regions": 1, "authorities": 1, "settings": 2}]


def test_what_changed_is_reported_by_column(session: Session, tmp_path: Path) -> None:
    load_rows(session, tmp_path, gias.row(900001), gias.row(900002), gias.row(900003))
    report = load_rows(
        session,
        tmp_path,
        gias.row(900001, capacity="130", name="Rookery School"),
        gias.row(900002, capacity="140", sen1=""),
        gias.row(900003),
    ).register
    assert report is not None
    assert (report.settings.updated, report.settings.unchanged) == (2, 1)
    assert report.settings.by_column == {"capacity": 2, "name": 1, "need types": 1}
    session.expire_all()
    assert the_setting(session, 900002).needs is None


def test_an_authority_that_is_renamed_or_moves_is_updated(session: Session, tmp_path: Path) -> None:
    load_rows(session, tmp_path, gias.row(900001))
    report = load_rows(session, tmp_path, gias.row(900001, la_name="Elmshire and Oak", region="South West")).register
    assert report is not None
    assert report.authorities.by_column == {"name": 1, "region": 1}
    authority = session.scalars(select(Authority)).one()
    assert (authority.name, authority.region.name) == ("Elmshire and Oak", "South West")


def test_a_setting_that_closes_is_closed_and_one_never_known_is_not_created(session: Session, tmp_path: Path) -> None:
    load_rows(session, tmp_path, gias.row(900001))
    gone = {"status": "Closed", "easting": "", "northing": "", "la": "000", "la_name": "Does not apply"}
    report = load_rows(session, tmp_path, gias.row(900001, **gone), gias.row(900002, **gone)).register
    assert report is not None
    assert (report.closed, report.settings.created) == (1, 0)
    session.expire_all()
    setting = session.scalars(select(Setting)).one()
    assert (setting.status, setting.easting) == (SettingStatus.CLOSED, 405000)


def test_a_setting_that_the_file_lacks_is_left_alone_and_named(session: Session, tmp_path: Path) -> None:
    load_rows(session, tmp_path, gias.row(900001), gias.row(900002))
    report = load_rows(session, tmp_path, gias.row(900002)).register
    assert report is not None
    assert report.absent == (900001,)
    assert the_setting(session, 900001).status is SettingStatus.OPEN


def test_the_provider_of_a_setting_is_kept(session: Session, tmp_path: Path) -> None:
    load_rows(session, tmp_path, gias.row(900001))
    setting = the_setting(session, 900001)
    setting.provider = builders.provider(session)
    session.flush()
    load_rows(session, tmp_path, gias.row(900001, capacity="130"))
    session.expire_all()
    assert the_setting(session, 900001).provider is not None


def test_a_proposed_setting_without_a_place_waits(session: Session, tmp_path: Path) -> None:
    report = load_rows(
        session, tmp_path, gias.row(900001, status="Proposed to open", easting="0", northing="")
    ).register
    assert report is not None
    assert (report.unplaced, report.settings.created) == (1, 0)


BAD_ROWS: list[tuple[dict[str, str], str]] = [
    ({"la": "90"}, "LA (code)"),
    ({"la": ""}, "LA (code)"),
    ({"name": ""}, "EstablishmentName"),
    ({"name": "x" * 201}, "EstablishmentName"),
    ({"type": "Academy for wizards"}, "TypeOfEstablishment (name)"),
    ({"type": ""}, "TypeOfEstablishment (name)"),
    ({"type": "Other independent special school", "section41": "Perhaps"}, "Section41Approved (name)"),
    ({"type": "Community school", "resourced": "A bit"}, gias.RESOURCED_COLUMN),
    ({"status": "Ajar"}, "EstablishmentStatus (name)"),
    ({"status": ""}, "EstablishmentStatus (name)"),
    ({"low": "four"}, "StatutoryLowAge"),
    ({"low": "19", "high": "4"}, "StatutoryLowAge"),
    ({"high": "190"}, "StatutoryHighAge"),
    ({"gender": "Unclear"}, "Gender (name)"),
    ({"capacity": "-1"}, "SchoolCapacity"),
    ({"capacity": "1e3"}, "SchoolCapacity"),
    ({"pupils": "many"}, "NumberOfPupils"),
    ({"sen1": "Autism"}, "SEN1 (name)"),
    ({"sen13": "XXX - Unheard of"}, "SEN13 (name)"),
    ({"postcode": "nowhere"}, "Postcode"),
    ({"easting": "east"}, "Easting"),
    ({"easting": "405000.5"}, "Easting"),
    ({"easting": ""}, "Easting"),
    ({"easting": "0"}, "Easting"),
    ({"northing": "9999999"}, "Northing"),
    ({"northing": "9" * 400}, "Northing"),
    ({"region": "Wales (pseudo)"}, "LA (code)"),
    ({"region": ""}, "LA (code)"),
]


@pytest.mark.parametrize(("cells", "column"), BAD_ROWS)
def test_a_bad_cell_is_named_by_row_column_and_value(
    session: Session, tmp_path: Path, cells: dict[str, str], column: str
) -> None:
    good = gias.row(900001, la="902", la_name="Ashton Vale")
    bad = gias.row(900002, **cells)
    with pytest.raises(BadFiles) as refused:
        load_rows(session, tmp_path, good, bad)
    (fault,) = refused.value.faults
    assert (fault.file, fault.row, fault.column, fault.value) == ("gias.csv", 3, column, bad[column])
    assert fault.words.endswith(".")


@pytest.mark.parametrize("urn", ["", "12345", "1234567", "n/a"])
def test_a_bad_urn_is_named(session: Session, tmp_path: Path, urn: str) -> None:
    with pytest.raises(BadFiles) as refused:
        load_rows(session, tmp_path, gias.row(urn))
    assert [(fault.row, fault.column, fault.value) for fault in refused.value.faults] == [(2, "URN", urn)]


def test_two_rows_with_one_urn_are_refused(session: Session, tmp_path: Path) -> None:
    with pytest.raises(BadFiles, match="row 3, URN: '900001' Row 2 has this URN too"):
        load_rows(session, tmp_path, gias.row(900001), gias.row(900001, name="Another"))


def test_every_fault_of_every_row_is_told_at_once(session: Session, tmp_path: Path) -> None:
    rows = [gias.row(900001, low="x", easting="y"), gias.mainstream(900002), gias.row(900003, sen1="z")]
    with pytest.raises(BadFiles) as refused:
        load_rows(session, tmp_path, *rows)
    found = [(fault.row, fault.column) for fault in refused.value.faults]
    assert found == [(2, "StatutoryLowAge"), (2, "Easting"), (4, "SEN1 (name)")]


def test_a_row_number_is_that_of_a_spreadsheet_also_after_a_cell_of_two_lines(session: Session, tmp_path: Path) -> None:
    rows = [gias.mainstream(900001, name="Two\nlines"), gias.row(900002, easting="x")]
    with pytest.raises(BadFiles) as refused:
        load_rows(session, tmp_path, *rows)
    assert [fault.row for fault in refused.value.faults] == [3]


def test_an_authority_has_one_code(session: Session, tmp_path: Path) -> None:
    load_rows(session, tmp_path, gias.row(900001, la="901", la_name="Elmshire"))
    with pytest.raises(BadFiles, match="Elmshire is known with the code 901"):
        load_rows(session, tmp_path, gias.row(900001, la="907", la_name="Elmshire"))


def test_good_rows_can_be_loaded_without_the_bad_ones(session: Session, tmp_path: Path) -> None:
    report = load_rows(session, tmp_path, gias.row(900001), gias.row(900002, easting="x"), skip=True)
    assert [(fault.row, fault.column) for fault in report.faults] == [(3, "Easting")]
    assert session.scalars(select(Setting.urn)).all() == [900001]
    again = load_rows(session, tmp_path, gias.row(900001, low="x"), skip=True)
    assert again.register is not None
    assert again.register.absent == ()  # the file has it, only at fault


def test_a_missing_column_is_refused_even_when_bad_rows_are_skipped(session: Session, tmp_path: Path) -> None:
    columns = [column for column in gias.COLUMNS if column not in {"Easting", "SEN7 (name)"}]
    path = gias.write(tmp_path / "gias.csv", [gias.row(900001)], columns=columns)
    with pytest.raises(BadFiles) as refused:
        load(session, skip=True, gias=path)
    assert [fault.column for fault in refused.value.faults] == ["SEN7 (name)", "Easting"]


def test_the_column_of_resourced_provision_may_be_left_out(session: Session, tmp_path: Path) -> None:
    rows = [gias.row(900001), gias.mainstream(900002)]
    report = load(session, gias=gias.write(tmp_path / "gias.csv", rows, columns=gias.GIAS_REQUIRED))
    assert report.register is not None
    assert (report.register.settings.created, report.register.passed_over) == (1, 1)


SPOILT = {
    "empty": (b"", "is empty"),
    "UTF-16": ("URN,LA (code)\n".encode("utf-16"), "neither in UTF-8 nor in Windows-1252"),
    "binary": (b"PK\x03\x04\x00\x00", "neither in UTF-8 nor in Windows-1252"),
    "a byte of no encoding": (b"URN\n\x81\n", "neither in UTF-8 nor in Windows-1252"),
    "another table": (b"name,price\nElm,3\n", "1 fault.\ngias.csv: has none of the columns that are read, such as URN"),
    "a page saved as CSV": (b"<!DOCTYPE html>\n<html>, sorry</html>\n", "1 fault.\ngias.csv: has none of the columns"),
    "half of the columns": (b"URN,LA (code)\n1,901\n", "28 faults.\ngias.csv, LA (name): This column is missing"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_file_that_is_no_register_is_refused_in_words(session: Session, tmp_path: Path, name: str) -> None:
    content, words = SPOILT[name]
    path = tmp_path / "gias.csv"
    path.write_bytes(content)
    with pytest.raises(BadFiles, match=re.escape(words)):
        load(session, gias=path)


def test_a_row_with_a_cell_too_many_is_refused(session: Session, tmp_path: Path) -> None:
    path = gias.write(tmp_path / "gias.csv", [gias.row(900001), gias.row(900002)])
    lines = path.read_text("cp1252").splitlines()
    path.write_text("\n".join([lines[0], lines[1] + ',"one more"', lines[2]]), "cp1252")
    with pytest.raises(BadFiles, match=r"gias\.csv, row 2: The row has 37 cells, but there are 36 headings"):
        load(session, gias=path)


def test_a_quotation_mark_without_its_partner_is_refused(session: Session, tmp_path: Path) -> None:
    path = gias.write(tmp_path / "gias.csv", [gias.row(900001), gias.row(900002)])
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(BadFiles, match="After row 2 the rows cannot be told apart"):
        load(session, skip=True, gias=path)


def test_only_the_system_loads_reference_data(session: Session, tmp_path: Path) -> None:
    found = read(gias=gias.write(tmp_path / "gias.csv", [gias.row(900001)]))
    with pytest.raises(NotPermitted):
        load_reference(session, NOBODY, reference=found, on=ON)


def feature(geometry: object = None, **properties: object) -> dict[str, Any]:
    square = [[[-2.0, 52.0], [-1.9, 52.0], [-1.9, 52.1], [-2.0, 52.0]]]
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": geometry or {"type": "Polygon", "coordinates": square},
    }


def load_features(session: Session, tmp_path: Path, *features: object, skip: bool = False) -> Report:
    path = tmp_path / "areas.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return load(session, skip=skip, boundaries=path)


@pytest.mark.parametrize(
    ("properties", "name"),
    [
        ({"la_code": "901"}, "Elmshire"),
        ({"LA (code)": 901}, "Elmshire"),
        ({"utla_cd": "E06000999", "utla_nm": "Elmshire"}, "Elmshire"),
        ({"CTYUA24CD": "E06000999", "CTYUA24NM": "Oakton, City of"}, "City of Oakton"),
        ({"LAD23NM": "St Elms"}, "St. Elms"),
        ({"name": "County Elm"}, "Elm"),
        ({"name": "Elm & Oak"}, "Elm and Oak"),
    ],
)
def test_a_boundary_finds_its_authority_by_code_or_name(
    session: Session, tmp_path: Path, properties: dict[str, object], name: str
) -> None:
    authority = builders.authority(session, name=name, code="901")
    builders.authority(session, name="Another", code="902")
    report = load_features(session, tmp_path, feature(**properties)).boundaries
    assert report is not None
    assert (report.unmatched, report.without) == ((), ("Another",))
    assert authority.boundary == {
        "type": "MultiPolygon",
        "coordinates": [[[[-2.0, 52.0], [-1.9, 52.0], [-1.9, 52.1], [-2.0, 52.0]]]],
    }


def test_boundaries_are_rounded_and_specks_are_dropped(session: Session, tmp_path: Path) -> None:
    authority = builders.authority(session, code="901")
    area = [[[-2.00001, 52.0], [-1.9, 52.0], [-1.9, 52.0], [-1.9, 52.1], [-2.00001, 52.0]]]
    speck = [[[-2.0, 52.0], [-2.00001, 52.0], [-2.0, 52.00001], [-2.0, 52.0]]]
    load_features(session, tmp_path, feature({"type": "MultiPolygon", "coordinates": [area, speck]}, code="901"))
    assert authority.boundary is not None
    assert authority.boundary["coordinates"] == [[[[-2.0, 52.0], [-1.9, 52.0], [-1.9, 52.1], [-2.0, 52.0]]]]


def test_boundaries_of_no_authority_are_reported_and_loading_twice_changes_nothing(
    session: Session, tmp_path: Path
) -> None:
    builders.authority(session, code="901")
    features = [feature(la_code="901"), feature(name="Atlantis")]
    first = load_features(session, tmp_path, *features).boundaries
    again = load_features(session, tmp_path, *features).boundaries
    assert first is not None
    assert again is not None
    assert first.unmatched == ("Atlantis",)
    assert (first.authorities.created, again.authorities.total, again.authorities.unchanged) == (1, 0, 1)


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        ({"type": "Point", "coordinates": [-2, 52]}, "is not a Polygon"),
        ({"type": "Polygon", "coordinates": [[[400000, 300000]] * 4]}, "WGS84"),
        ({"type": "Polygon", "coordinates": [[[52, -2]] * 4]}, "longitude first"),
        ({"type": "Polygon", "coordinates": [[[-2, 52], [-1, 52], [-1, 53], [-2, 53]]]}, "does not end where it began"),
        ({"type": "Polygon", "coordinates": [[["a", "b"]] * 4]}, "not two numbers"),
        ({"type": "Polygon", "coordinates": [[[10**400, 52]] * 4]}, "not two numbers"),
        ({"type": "Polygon", "coordinates": [[[True, 52]] * 4]}, "not two numbers"),
        ({"type": ["Polygon"], "coordinates": []}, "is not a Polygon"),
        ({"type": "Polygon", "coordinates": "none"}, "not lists"),
        ({"type": "Polygon", "coordinates": [[[-2, 52]] * 4]}, "empty"),
    ],
)
def test_a_geometry_that_cannot_be_drawn_is_refused(
    session: Session, tmp_path: Path, geometry: object, words: str
) -> None:
    authority = builders.authority(session, code="901")
    with pytest.raises(BadFiles, match=rf"areas\.geojson, row 1, geometry.*{words}"):
        load_features(session, tmp_path, feature(geometry, la_code="901"))
    assert authority.boundary is None


def test_a_name_that_no_terminal_can_show_is_told_all_the_same(session: Session, tmp_path: Path) -> None:
    report = load_features(session, tmp_path, feature(name="\ud800tlantis"))
    assert report.boundaries is not None
    assert report.boundaries.unmatched == ("?tlantis",)


@pytest.mark.parametrize("option", ["framework", "tariff"])
def test_a_toml_file_nested_without_end_is_refused_in_words(session: Session, tmp_path: Path, option: str) -> None:
    path = tmp_path / "deep.toml"
    path.write_text("a = " + "[" * 100_000)
    with pytest.raises(BadFiles, match="cannot be read"):
        load(session, **{option: path})


def test_two_features_of_one_authority_are_refused(session: Session, tmp_path: Path) -> None:
    builders.authority(session, code="901")
    with pytest.raises(BadFiles, match="another feature of this LA"):
        load_features(session, tmp_path, feature(la_code="901"), feature(la_code="901"))


@pytest.mark.parametrize("text", ["", "not json", '{"type": "Feature"}', '{"a": NaN}', "[" * 100_000, "[]"])
def test_a_file_that_is_no_feature_collection_is_refused(session: Session, tmp_path: Path, text: str) -> None:
    path = tmp_path / "areas.geojson"
    path.write_text(text)
    with pytest.raises(BadFiles, match=r"areas\.geojson: is not"):
        load(session, boundaries=path)


def home_areas(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "districts.csv"
    path.write_text("\n".join(["postcode,eastings,northings,latitude,town", *lines]))
    return path


def test_home_areas_are_created_then_updated(session: Session, tmp_path: Path) -> None:
    load(session, home_areas=home_areas(tmp_path, "QX1,401000,302000,52,Elm", "QX2,402000,303000,52,Oak"))
    path = home_areas(tmp_path, "QX1,401000,302000,52,Elm", "QX2,402500,303000,52,Oak", "QX3,403000,303000,52,")
    report = load(session, home_areas=path).home_areas
    assert report is not None
    assert (report.created, report.updated, report.unchanged, report.by_column) == (1, 1, 1, {"easting": 1})
    assert session.get_one(HomeArea, "QX3").name == "QX3"
    session.expire_all()
    assert session.get_one(HomeArea, "QX2").easting == 402500


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("QX1 7AB,401000,302000,52,Elm", "postcode"),
        ("QX,401000,302000,52,Elm", "postcode"),
        ("QX3,x,302000,52,Elm", "eastings"),
        (f"QX3,401000,302000,52,{'x' * 121}", "town"),
        ("QX2,401000,302000,52,Oak", "postcode"),
    ],
)
def test_a_bad_home_area_is_named(session: Session, tmp_path: Path, line: str, column: str) -> None:
    with pytest.raises(BadFiles) as refused:
        load(session, home_areas=home_areas(tmp_path, "QX2,401000,302000,52,Oak", line))
    assert [(fault.row, fault.column) for fault in refused.value.faults] == [(3, column)]


def test_a_framework_and_a_tariff_are_kept_once(session: Session) -> None:
    files = {"framework": DEMONSTRATION_FRAMEWORK, "tariff": DEMONSTRATION_TARIFF}
    first = load(session, **files)
    again = load(session, **files)
    assert [changes and changes.created for changes in (first.framework, first.tariff)] == [1, 1]
    assert [changes and changes.created for changes in (again.framework, again.tariff)] == [0, 0]
    tariff = session.scalars(select(Tariff)).one()
    assert (tariff.is_illustrative, tariff.starts_on, tariff.owner_id) == (True, date(2026, 4, 1), None)
    assert tariff.framework.name == session.scalars(select(Framework)).one().name


@pytest.mark.parametrize("option", ["framework", "tariff"])
def test_what_was_published_is_never_edited(session: Session, tmp_path: Path, option: str) -> None:
    files = {"framework": DEMONSTRATION_FRAMEWORK, "tariff": DEMONSTRATION_TARIFF}
    load(session, **files)
    path = tmp_path / "other.toml"
    path.write_text(files[option].read_text().replace("Illustrative.", "Another source."))
    with pytest.raises(BadFiles, match="already here with other content"):
        load(session, **{option: path})


def test_a_new_version_stands_beside_the_old_one(session: Session, tmp_path: Path) -> None:
    load(session, framework=DEMONSTRATION_FRAMEWORK, tariff=DEMONSTRATION_TARIFF)
    path = tmp_path / "other.toml"
    text = DEMONSTRATION_TARIFF.read_text().replace('version = "1"', 'version = "2"')
    path.write_text(text.replace("2026-04-01", "2027-04-01").replace("30000", "31000"))
    load(session, tariff=path)
    assert session.scalars(select(Tariff.starts_on).order_by(Tariff.id)).all() == [date(2026, 4, 1), date(2027, 4, 1)]


def framework_file(tmp_path: Path, start: str, version: str = "9", status: str = "adopted", end: str = "") -> Path:
    """The demonstration framework as another version from another day."""
    path = tmp_path / f"framework-{version}.toml"
    text = DEMONSTRATION_FRAMEWORK.read_text()
    text = re.sub('version = "[0-9]+"', f'version = "{version}"', text).replace('"adopted"', f'"{status}"')
    path.write_text(
        text.replace("starts_on = 2026-04-01", f"starts_on = {start}" + (f"\nends_on = {end}" if end else ""))
    )
    return path


def test_an_adopted_framework_ends_the_one_before_on_its_start(session: Session, tmp_path: Path) -> None:
    load(session, framework=DEMONSTRATION_FRAMEWORK)
    start = ON + timedelta(days=100)
    load(session, framework=framework_file(tmp_path, start.isoformat()))
    first, second = session.scalars(select(Framework).order_by(Framework.starts_on)).all()
    assert (first.status, first.ends_on) == (TariffStatus.SUPERSEDED, start)
    assert (second.status, second.ends_on, second.makers) == (TariffStatus.ADOPTED, None, [])
    load(session, framework=framework_file(tmp_path, "2020-04-01", "8", "superseded", "2021-04-01"))
    assert framework_in_force(session, on=date(2020, 5, 1)).version == "8"


@pytest.mark.parametrize(
    ("about", "words"),
    [
        (("2026-05-01",), "Choose a start after today"),
        (("2026-04-01",), "is adopted for days of these"),
        (("2020-04-01", "9", "adopted", "2026-05-01"), "is adopted for days of these"),
        (("2040-04-01", "9", "in_consultation"), "has its end in ends_on. Write draft or adopted"),
        (("2040-04-01", "9", "superseded"), "Write draft or adopted"),
    ],
)
def test_a_framework_that_would_change_what_holds_or_held_is_refused(
    session: Session, tmp_path: Path, about: tuple[str, ...], words: str
) -> None:
    load(session, framework=DEMONSTRATION_FRAMEWORK)
    with pytest.raises(BadFiles, match=words):
        load(session, framework=framework_file(tmp_path, *about))
    assert session.scalars(select(Framework.status)).all() == [TariffStatus.ADOPTED]


def test_a_tariff_needs_a_framework_in_force_and_an_owner_who_is_here(session: Session, tmp_path: Path) -> None:
    with pytest.raises(BadFiles, match="No framework is in force"):
        load(session, tariff=DEMONSTRATION_TARIFF)
    owned = tmp_path / "owned.toml"
    owned.write_text(f'owner = "Elmshire"\n{DEMONSTRATION_TARIFF.read_text()}')
    with pytest.raises(BadFiles, match="No LA or region of this name is here"):
        load(session, framework=DEMONSTRATION_FRAMEWORK, tariff=owned)
    authority = builders.authority(session, name="Elmshire")
    load(session, framework=DEMONSTRATION_FRAMEWORK, tariff=owned)
    assert session.scalars(select(Tariff)).one().owner_id == authority.id


def test_a_tariff_that_pricing_refuses_is_refused_with_every_fault(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "tariff.toml"
    path.write_text('name = "Elm"\nbasis = "hearsay"\n[band]\nmoderate = -3\n')
    with pytest.raises(BadFiles) as refused:
        load(session, tariff=path)
    places = {fault.column for fault in refused.value.faults}
    assert {"basis", "valid_from", "[band] moderate", "[pattern] day"} <= places


def test_the_faults_of_all_files_are_told_at_once(session: Session, tmp_path: Path) -> None:
    rows = gias.write(tmp_path / "gias.csv", [gias.row(900001, easting="x")])
    areas = home_areas(tmp_path, "QX,401000,302000,52,Elm")
    with pytest.raises(BadFiles) as refused:
        load(session, gias=rows, home_areas=areas)
    assert [fault.file for fault in refused.value.faults] == ["gias.csv", "districts.csv"]
