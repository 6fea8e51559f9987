"""Destinations in figures: as a plain recount has them, and nothing of one to four pupils, shown or found."""

import csv
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from io import StringIO
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.models import (
    OUTCOMES_OF,
    AdultService,
    AimMet,
    Destination,
    Held,
    NeedStatus,
    Pathway,
    PlacementStatus,
)
from marketplace.permissions import SYSTEM
from marketplace.services.adult_transfers import TransferStanding
from marketplace.services.adulthood import last_day, year_group_on
from marketplace.services.destinations import (
    COVERAGE,
    HELD_SPLITS,
    STANDING,
    Left,
    Moving,
    Preparing,
    Row,
    Split,
    left,
    moving,
    preparing,
    report,
    report_of,
)
from marketplace.services.destinations_file import HEADINGS, TOO_FEW, report_csv
from marketplace.services.small_groups import ALL, FEWEST
from tests import builders, commissioning
from tests.database.world import World

ON = date(2026, 12, 1)

PUPILS = st.lists(
    st.builds(
        Preparing,
        st.sampled_from("ABCD"),
        st.none() | st.frozensets(st.sampled_from(Pathway)) | st.just(frozenset(Pathway)),
    ),
    max_size=60,
)
TRANSFERS = st.lists(st.builds(Moving, st.sampled_from(AdultService), st.sampled_from(TransferStanding)), max_size=60)


def of_pathway(pathway: Pathway) -> st.SearchStrategy[Left]:
    few_codes = st.sampled_from(OUTCOMES_OF[pathway][:3])  # so that groups of five and more come about
    letters = st.sampled_from("ABC")
    return st.builds(
        Left, letters, letters, st.just(pathway), few_codes, st.sampled_from(AimMet), st.sampled_from(Held),
        st.sampled_from(Held),
    )  # fmt: skip


LEAVERS = st.lists(st.sampled_from(Pathway).flatmap(of_pathway) | of_pathway(Pathway.HEALTH), max_size=120)


def hold(rows: Sequence[Row], facts: Sequence[Any], by: Callable[[Any], str], splits: Sequence[Split[Any]]) -> None:
    """A table is a recount of the facts, of each group that is shown and of all; no figure, no difference of figures
    and no sum of what is hidden is of one to four."""
    assert bool(rows) == (len(facts) >= FEWEST)
    if not rows:
        return
    *groups, whole = rows
    assert (whole.name, whole.n) == (ALL, len(facts))
    assert sum(row.n for row in groups) in {0, len(facts)}
    names = {row.name for row in groups}
    for row in rows:
        mine = [
            fact
            for fact in facts
            if row is whole or by(fact) == row.name or (row.name not in map(by, facts) and by(fact) not in names)
        ]
        assert row.n == len(mine)
        for split in splits:
            true = Counter(split.of(fact) for fact in mine)
            for code, count in row.counts[split.name].items():
                assert count is None or (count == true[code] and not 0 < count < FEWEST)
    for size in range(1, len(groups) + 1):
        for some in combinations(groups, size):
            for split in splits:
                for code in split.codes:
                    figures = [row.counts[split.name][code] for row in some]
                    assert None not in figures
                    rest = whole.counts[split.name][code]
                    assert rest is not None, "what is hidden of all would be the sum of its groups"
                    assert not 0 < rest - sum(filter(None, figures)) < FEWEST
    hide_well(whole, facts, splits)


def hide_well(row: Row, facts: Sequence[Any], splits: Sequence[Split[Any]]) -> None:
    """What is hidden of a row is two figures at least, and five pupils: none follows from the sum."""
    for split in splits:
        hidden = [code for code, count in row.counts[split.name].items() if count is None]
        assert len(hidden) != 1
        assert not hidden or sum(split.of(fact) in hidden for fact in facts) >= FEWEST


@given(pupils=PUPILS)
def test_the_figures_of_plans_are_a_recount_and_hide_few(pupils: list[Preparing]) -> None:
    found = report_of(pupils, [], [])
    hold(found.coverage, pupils, lambda pupil: pupil.authority, [COVERAGE])
    planned = [pupil for pupil in pupils if pupil.pathways is not None]
    told = bool(found.coverage) and found.coverage[-1].counts["coverage"]["with_plan"] is not None
    assert bool(found.discussed) == (told and len(planned) >= FEWEST)
    for row in found.discussed:
        split: Split[Preparing] = Split(
            "discussed",
            ("discussed", "not_yet"),
            lambda pupil, name=row.name: "discussed" if name in (pupil.pathways or ()) else "not_yet",
        )
        assert row.n == len(planned) == found.coverage[-1].counts["coverage"]["with_plan"]
        true = split.counts(planned)
        assert all(count in (None, true[code]) for code, count in row.counts["discussed"].items())
        assert all(count is None or count == 0 or count >= FEWEST for count in row.counts["discussed"].values())
        hide_well(row, planned, [split])


@given(transfers=TRANSFERS)
def test_the_figures_of_transfers_are_a_recount_and_hide_few(transfers: list[Moving]) -> None:
    hold(report_of([], transfers, []).transfers, transfers, lambda each: each.service, [STANDING])


@given(leavers=LEAVERS)
def test_the_figures_of_outcomes_are_a_recount_and_hide_few(leavers: list[Left]) -> None:
    for pathway, found in report_of([], [], leavers).outcomes.items():
        mine = [each for each in leavers if each.pathway is pathway]
        hold(found.by_provider, mine, lambda each: each.provider, HELD_SPLITS)
        hold(found.by_authority, mine, lambda each: each.authority, HELD_SPLITS)
        assert bool(found.by_destination) == (len(mine) >= FEWEST)
        for period in ("six_months", "a_year"):
            share = found.sustained(period)
            held = Counter(getattr(each, period) for each in mine)
            if share is not None:
                assert min(held[Held.YES], held[Held.NO]) == 0 or min(held[Held.YES], held[Held.NO]) >= FEWEST
                assert share == held[Held.YES] / (held[Held.YES] + held[Held.NO])
        if found.by_destination:
            split: Split[Left] = Split("code", OUTCOMES_OF[pathway], lambda each: each.code)
            true = split.counts(mine)
            shown = found.by_destination.counts["code"]
            assert all(
                count is None or (count == true[code] and not 0 < count < FEWEST) for code, count in shown.items()
            )
            hide_well(found.by_destination, mine, [split])


def test_a_pupil_counts_from_year_9_to_25_by_school_years(session: Session) -> None:
    la = builders.authority(session)
    of = {"status": NeedStatus.PLACED}
    young = builders.need(session, la, year_group=8, starts_on=date(2026, 9, 1), **of)
    grown = builders.need(session, la, year_group=8, starts_on=date(2025, 9, 1), **of)
    last = builders.need(session, la, year_group=14, starts_on=date(2020, 9, 1), **of)
    past = builders.need(session, la, year_group=14, starts_on=date(2019, 9, 1), **of)
    to_come = builders.need(session, la, year_group=9, starts_on=date(2027, 9, 1), **of)
    builders.need(session, la, year_group=9, starts_on=date(2026, 9, 1), status=NeedStatus.WITHDRAWN)
    builders.need(session, la, year_group=None, status=NeedStatus.DRAFT, published_at=None)
    session.flush()
    years = [year_group_on(need, ON) for need in (young, grown, last, past, to_come)]
    assert years == [8, 9, 20, 21, 8]
    assert last_day(last) == date(2027, 8, 31)
    assert len(preparing(session, on=ON)) == 2
    assert len(preparing(session, on=date(2027, 9, 1))) == 3  # two have come, one is past it


def test_facts_are_read_as_they_are_kept(session: Session) -> None:
    la = builders.authority(session)
    setting = builders.setting(session, la, builders.provider(session))
    provision = builders.provision(session, builders.pool(session, setting))
    builders.schedule(session, provision)
    need = builders.need(session, la, year_group=9, starts_on=date(2026, 9, 1), status=NeedStatus.PLACED)
    assert [each.pathways for each in preparing(session, on=ON)] == [None]
    commissioning.destination_plan(session, need, pathways=[])
    assert [each.pathways for each in preparing(session, on=ON)] == [frozenset()]
    commissioning.destination_plan(session, need, version=2, on=ON, pathways=[Pathway.HEALTH, Pathway.COMMUNITY])
    assert [each.pathways for each in preparing(session, on=ON - timedelta(days=1))] == [frozenset()]
    assert preparing(session, on=ON) == [Preparing(la.name, frozenset({Pathway.HEALTH, Pathway.COMMUNITY}))]
    commissioning.adult_transfer(session, need, planned_on=ON)
    assert moving(session, on=ON) == [Moving(AdultService.SOCIAL_CARE, TransferStanding.DUE)]
    assert moving(session, on=ON + timedelta(days=1)) == [Moving(AdultService.SOCIAL_CARE, TransferStanding.OVERDUE)]
    placement = commissioning.placement(
        session, commissioning.award(session, need, provision), status=PlacementStatus.ENDED,
        ends_on=commissioning.STARTS_ON,
    )  # fmt: skip
    commissioning.destination_outcome(session, need, placement, six_months=Held.YES)
    commissioning.destination_outcome(session, need, pathway=Pathway.HEALTH, code=Destination.GP)
    names = [la.name, placement.provider.name]
    assert left(session) == [
        Left(*names, Pathway.EDUCATION, Destination.FE_COLLEGE, AimMet.MET, Held.YES, Held.NOT_KNOWN),
        Left(la.name, "No provider here", Pathway.HEALTH, Destination.GP, AimMet.MET, Held.NOT_KNOWN, Held.NOT_KNOWN),
    ]


def test_the_file_says_of_each_figure_what_the_page_does() -> None:
    pupils = [Preparing("=A", frozenset({Pathway.HEALTH}) if number < 8 else None) for number in range(18)]
    content = report_csv(report_of(pupils, [], [])).decode("utf-8-sig")
    lines = list(csv.DictReader(StringIO(content)))
    assert tuple(lines[0]) == HEADINGS
    of_all = [row for row in lines if row["Group"] == ALL]
    assert [(row["Which"], row["Count"], row["Of how many"]) for row in of_all] == [
        ("With a plan", "8", "18"), ("Without one", "10", "18"),
    ]  # fmt: skip
    assert [row["Count"] for row in lines if row["Pathway"] == "Health"] == ["8", "0"]
    assert all(not row["Group"].startswith("=") for row in lines)
    few = report_csv(report_of(pupils[:9], [], [])).decode("utf-8-sig")
    assert [row["Note"] for row in csv.DictReader(StringIO(few))] == [TOO_FEW] * 2


@pytest.mark.parametrize(("kind", "seen"), [("la", 1), ("region", 1), ("provider", 0), ("operator", 0)])
def test_each_reads_the_facts_of_its_own_pupils(database: Any, kind: str, seen: int) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        world = World(session)
    with transaction(world.actor(kind)) as session:
        assert [len(left(session)), len(moving(session, on=ON))] == [seen, seen]
        assert report(session, on=ON).coverage == []
