"""Vacancies of which something is taken: the provider states what is free; what is taken stays taken beneath it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, select

from marketplace.db import transaction
from marketplace.errors import Invalid, Stale
from marketplace.models import AuditEvent, Pool, Unit
from marketplace.permissions import SYSTEM
from marketplace.services.matching.offers import free_by_years
from marketplace.services.vacancies import Row, Stated, confirm_vacancies
from tests.contention import Wanted, require_sums, wanted

ON = date(2026, 11, 24)
AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
AUTUMN = date(2026, 9, 1)
SHOWN = Row(low_year=7, high_year=11, starts_on=AUTUMN, amount=Decimal(1))  # what the page shows of `mine`


@pytest.fixture
def mine(database: Engine) -> Iterator[Wanted]:  # noqa: ARG001
    """Two places, one of them taken."""
    pool = wanted((7, 11, AUTUMN, "2"), takers=2)
    pool.take()
    yield pool
    require_sums()


def confirm(of: Wanted, *rows: Row, version: int | None = None) -> None:
    stated = {of.pool_id: Stated(version=version or of.version(), rows=dict(enumerate(rows)))}
    with transaction(of.editor) as session:
        confirm_vacancies(session, of.editor, pools=stated, on=ON, at=AT)


def row(**changes: Any) -> Row:
    return Row(**{**SHOWN, **changes})  # type: ignore[typeddict-item]


def events(of: Wanted) -> list[AuditEvent]:
    with transaction(SYSTEM) as session:
        about = select(AuditEvent).where(AuditEvent.subject_id == of.pool_id, AuditEvent.event.like("vacancies%"))
        return list(session.scalars(about.order_by(AuditEvent.id)))


def test_what_is_free_is_what_is_shown_and_what_matching_counts(mine: Wanted) -> None:
    with transaction(mine.editor) as session:
        pool = session.get_one(Pool, mine.pool_id)
        assert [(row.low_year, row.free) for row in pool.free] == [(7, 1)]
        assert (pool.open_on(ON), pool.taken) == (1, 1)
        assert free_by_years(session, on=ON)[mine.pool_id] == {(7, 11): 1}
    mine.take(1)
    with transaction(mine.editor) as session:
        pool = session.get_one(Pool, mine.pool_id)
        assert (pool.free, pool.open_on(ON), pool.taken) == ([], 0, 2)
        assert free_by_years(session, on=ON)[mine.pool_id] == {(7, 11): 0}  # a full group, not none


def test_the_page_sent_as_it_is_shown_confirms_and_changes_nothing(mine: Wanted) -> None:
    version = mine.version()
    confirm(mine, SHOWN)
    assert mine.state() == [(AUTUMN, "1", "2")]
    assert mine.version() == version
    assert [event.event for event in events(mine)] == ["vacancies confirmed"]


def test_more_is_stated_as_free_beside_what_is_taken_and_the_trail_tells_what_was_free(mine: Wanted) -> None:
    confirm(mine, row(amount=Decimal(10)))
    assert mine.state() == [(AUTUMN, "1", "11")]
    (event,) = events(mine)
    assert event.data == {"before": [["2026-09-01", 7, 11, "1"]], "after": [["2026-09-01", 7, 11, "10"]]}


@pytest.mark.parametrize("rows", [[row(amount=Decimal(0))], []], ids=["stated as 0", "left out"])
def test_none_free_keeps_what_is_taken(mine: Wanted, rows: list[Row]) -> None:
    confirm(mine, *rows)
    assert mine.state() == [(AUTUMN, "1", "1")]
    mine.free()  # the award comes to nothing: that place is free again
    assert mine.state() == [(AUTUMN, "0", "1")]


def test_what_is_free_of_a_row_that_is_wholly_taken_is_stated_like_any_other(mine: Wanted) -> None:
    mine.take(1)
    confirm(mine, row(amount=Decimal(3)))
    assert mine.state() == [(AUTUMN, "2", "5")]


@pytest.mark.parametrize(
    ("low_year", "high_year", "is_refused"),
    [(7, 10, True), (8, 11, True), (0, 14, True), (11, 14, True), (0, 6, False), (12, 14, False)],
)
def test_a_row_in_use_keeps_its_year_groups(mine: Wanted, low_year: int, high_year: int, is_refused: bool) -> None:
    changed = row(low_year=low_year, high_year=high_year, amount=Decimal(4))
    if not is_refused:
        confirm(mine, changed)
        assert mine.state() == sorted([(AUTUMN, "1", "1"), (AUTUMN, "0", "4")], reverse=low_year > 7)
        return
    with pytest.raises(Invalid) as refused:
        confirm(mine, row(low_year=12, high_year=12), changed)
    words = (
        "Of Year 7 to Year 11 from 1 September 2026, 1 is taken through the marketplace. "
        "For this date state those year groups, or use a later date."
    )
    assert refused.value.errors == {f"pools-{mine.pool_id}-rows-1-low_year": [words]}
    assert mine.state() == [(AUTUMN, "1", "2")]
    assert events(mine) == []


def test_on_a_later_date_other_year_groups_are_free(mine: Wanted) -> None:
    confirm(mine, row(low_year=8, high_year=10, starts_on=None, amount=Decimal(4)))
    assert mine.state() == [(AUTUMN, "1", "1"), (ON, "0", "4")]


def test_a_row_of_one_year_group_is_told_as_that(mine: Wanted) -> None:  # noqa: ARG001
    pool = wanted((8, 8, AUTUMN, "12"), unit=Unit.HOURS)
    pool.take(amount="10")
    with pytest.raises(Invalid, match="Of Year 8 from 1 September 2026, 10 is taken"):
        confirm(pool, SHOWN)


def test_a_page_opened_before_an_award_is_stale(mine: Wanted) -> None:
    """Who typed "1" saw one free; stated now, it would open the place that has just been taken."""
    seen = mine.version()
    mine.take(1)
    with pytest.raises(Stale, match="Nothing was saved"):
        confirm(mine, SHOWN, version=seen)
    assert mine.state() == [(AUTUMN, "2", "2")]
    assert events(mine) == []


def test_so_is_one_opened_before_a_place_came_back(mine: Wanted) -> None:
    seen = mine.version()
    mine.free()
    with pytest.raises(Stale):
        confirm(mine, SHOWN, version=seen)
    assert mine.state() == [(AUTUMN, "0", "2")]
