"""Each rule of `verify` holds on whole data, and finds and names the row that breaks it."""

from decimal import Decimal

import pytest
from sqlalchemy import Engine, text

from marketplace.db import transaction
from marketplace.models import Consultation, OutreachOrder, now
from marketplace.permissions import SYSTEM
from marketplace.services.outreach_delivery import log_visit
from marketplace.services.verify import MOST_NAMED, RULES, Finding, verify
from tests.applying import plan_of
from tests.ordering import SHARED, STARTS, ordering
from tests.services.test_commissioning import Case, approve, case, consult, offer, propose

__all__ = ["case"]  # a fixture

# rule → a statement, past all triggers and constraints, that breaks it and no rule before it that it need not break
BREAKERS = {
    "capacity": "UPDATE vacancies SET used = used + 1 WHERE used = 0",
    "claims": "UPDATE claims SET ended_at = now(), end_kind = 'kept', vacancy_id = NULL WHERE award_id IS NOT NULL",
    "holds": "UPDATE claims SET held_until = now() WHERE ended_at IS NULL",
    "one award": (
        "DROP INDEX uq_awards_live;"
        " INSERT INTO awards SELECT (jsonb_populate_record(a, '{\"id\": 999}')).* FROM awards a"
    ),
    "placed": "UPDATE needs SET status = 'withdrawn'",
    "placements": "UPDATE placements SET status = 'ended', ends_on = starts_on",
    "porous weeks": "UPDATE provisions SET kind = 'porous', sessions = 4; UPDATE placements SET status = 'started'",
    "not registered": (
        "UPDATE settings SET type = 'ap', urn = 990000 + id, is_registered = false WHERE id = (SELECT min(setting_id)"
        " FROM placements)"
    ),
    "ways back": (
        "UPDATE needs SET footing = 'excluded', request_id = NULL, locked_id = NULL, ground = NULL,"
        " ground_evidence = NULL, roll_school = 'x', last_education_on = '2026-11-13';"
        " UPDATE placements SET status = 'started'"
    ),
    "offers": "UPDATE consultations SET status = 'refused', ended_at = NULL WHERE status = 'awarded'",
    "needs": "UPDATE needs SET status = 'consulting'",
    "told": "UPDATE users SET created_at = '2026-01-01'; DELETE FROM messages",
    "audit of awards": "DELETE FROM audit_events WHERE event = 'award made'",
    "audit of placements": "DELETE FROM audit_events WHERE subject_type = 'placements'",
    "audit chain": "UPDATE audit_events SET event = 'nothing happened' WHERE event = 'setting consulted'",
    "ledger totals": "UPDATE ledger_totals SET amount = amount + 1",
    "reversals": (
        "UPDATE ledger_lines SET reverses_id = (SELECT min(id) FROM ledger_lines)"
        " WHERE id = (SELECT max(id) FROM ledger_lines)"
    ),
    "corrections": (
        'INSERT INTO placement_events ("on", placement_id, number, kind, undoes_id, at, officer, before, after)'
        " SELECT \"on\", placement_id, number + 1, 'undone', id, at, officer, '{}', '{}' FROM placement_events"
    ),
    "charged once": "UPDATE ledger_lines SET starts_on = starts_on - 3 WHERE starts_on = '2027-09-01'",
    "prices kept": "UPDATE awards SET price = price + 1",
    "published prices": (
        "ALTER TABLE price_schedules DROP CONSTRAINT ex_price_schedules_overlap;"
        " UPDATE price_schedules SET setting_id = (SELECT min(setting_id) FROM price_schedules), version = id"
    ),
    "one run": (
        "DROP INDEX uq_matching_runs_active;"
        " INSERT INTO matching_runs (scope_id, status, on_date, seconds, policy, created_at)"
        " SELECT id, 'queued', '2026-11-30', 1, '{}', now() FROM organisations, generate_series(1, 2) WHERE kind = 'la'"
    ),
    "scenarios": (
        "INSERT INTO matching_runs (scope_id, base_id, name, status, on_date, seconds, policy, created_at)"
        " SELECT id, -1, 'No base', 'done', '2026-11-30', 1, '{}', now() FROM organisations WHERE kind = 'la' LIMIT 1"
    ),
    "studies": (
        "INSERT INTO studies (run_id, scope_id, status, created_at)"
        " SELECT -1, id, 'queued', now() FROM organisations WHERE kind = 'la' LIMIT 1"
    ),
    "order hours": "UPDATE claims SET amount = amount + 1 WHERE order_id IS NOT NULL",
    "order charges": "UPDATE ledger_lines SET amount = amount + 1 WHERE order_id IS NOT NULL",
    "order visits": "UPDATE order_visits SET share_id = NULL",
    "order shares": "UPDATE order_shares SET share = share + 1",
    "audit of orders": "DELETE FROM audit_events WHERE event = 'outreach agreed'",
    "destination plans": (
        'INSERT INTO destination_plans (need_id, authority_id, version, "on", next_on, officer, at)'
        " SELECT id, authority_id, 2, '2027-01-04', '2027-02-04', 'x', now() FROM needs"
    ),
    "plans": "UPDATE recommendations SET authority_id = -1",
    "plans applied": "UPDATE application_rows SET undone = 'stays'",
    "plans by two": (
        "ALTER TABLE run_applications DROP CONSTRAINT ck_run_applications_two_people;"
        " UPDATE run_applications SET approved_by_id = proposed_by_id"
    ),
    "one plan": (
        "DROP INDEX uq_run_applications_live;"
        " INSERT INTO run_applications SELECT (jsonb_populate_record(a, '{\"id\": 999}')).* FROM run_applications a"
    ),
    "audit of plans": "DELETE FROM audit_events WHERE event = 'plan applied'",
}


def broken(findings: list[Finding]) -> dict[str, tuple[str, ...]]:
    return {finding.rule.name: finding.rows for finding in findings if finding.count}


def placed(case: Case) -> None:
    first, _ = consult(case)
    offer(case, first, is_held=True)
    approve(case, propose(case, first))
    with transaction(SYSTEM) as session:
        plan_of(session, session.get_one(Consultation, first), case.commissioner, case.approver)
        ordered = ordering(session)
    order_id = ordered.run(shares=SHARED)
    with transaction(ordered.editor) as session:
        school = session.get_one(OutreachOrder, order_id).shares[0]
        log_visit(
            session, ordered.editor, order_id=order_id, day=STARTS, hours=Decimal(3), share_id=school.id, words=None,
            on=STARTS, at=now(),
        )  # fmt: skip


def test_every_rule_holds_of_a_placement_that_was_made_as_it_should_be(case: Case) -> None:
    placed(case)
    with transaction(SYSTEM) as session:
        assert broken(verify(session)) == {}


def test_every_rule_has_a_breaker() -> None:
    assert [rule.name for rule in RULES] == list(BREAKERS)


@pytest.mark.parametrize("name", BREAKERS)
def test_a_broken_rule_is_found_and_its_rows_are_named(case: Case, cleaner: Engine, name: str) -> None:
    placed(case)
    with cleaner.connect() as connection:
        transaction_ = connection.begin()
        connection.execute(text(BREAKERS[name]))
        found = {
            rule.name: connection.execute(text(f"SELECT * FROM ({rule.breaches}) found (breach)")).scalars().all()
            for rule in RULES
        }
        transaction_.rollback()
    assert found[name]
    assert all(found[name])


def test_of_many_rows_the_first_are_named_and_all_are_counted(case: Case, cleaner: Engine) -> None:  # noqa: ARG001
    with cleaner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO audit_links (position, event_id, hash)"
                " SELECT 1000 + n, 100000 + n, 'x' FROM generate_series(1, 15) n"
            )
        )
    with transaction(SYSTEM) as session:
        finding = next(each for each in verify(session) if each.rule.name == "audit chain")
    assert finding.count >= 15
    assert len(finding.rows) == MOST_NAMED
