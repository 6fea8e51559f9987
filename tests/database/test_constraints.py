"""Every named rule of the database is broken once, and refuses by its own name."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint, text
from sqlalchemy.exc import IntegrityError

from marketplace import db
from marketplace.db import transaction
from marketplace.models import Base
from marketplace.permissions import SYSTEM
from tests.conftest import empty
from tests.database import case_breakers, partnership_breakers, plan_breakers
from tests.database.case_breakers import GUARDED, KEPT, OTHERWISE_GUARDED, again, unguarded
from tests.database.world import World

DRAFT = "(SELECT id FROM price_schedules WHERE status = 'draft')"

# constraint → a statement that breaks it and nothing that is checked before it
BREAKERS = {
    "uq_organisations_kind_name": "UPDATE organisations SET name = 'same' WHERE kind = 'provider'",
    "ck_authorities_code": "UPDATE authorities SET code = '12'",
    "ck_authorities_area_factor": "UPDATE authorities SET area_factor = 3",
    "uq_authorities_code": "UPDATE authorities SET code = '999'",
    "ck_settings_urn": "UPDATE settings SET urn = 1",
    "ck_settings_unregistered_is_ap": unguarded(
        "settings", "UPDATE settings SET is_registered = false, urn = 990000 + id % 9999"
    ),
    "ck_settings_unregistered_number": "UPDATE settings SET urn = 990001 WHERE id = (SELECT min(id) FROM settings)",
    "ck_settings_ages": "UPDATE settings SET low_age = 12, high_age = 11",
    "ck_settings_capacity": "UPDATE settings SET capacity = -1",
    "ck_settings_pupils": "UPDATE settings SET pupils = -1",
    "uq_settings_urn": "UPDATE settings SET urn = 123456",
    "ck_users_email": "UPDATE users SET email = 'Not@Lower.Case'",
    "uq_users_email": "UPDATE users SET email = 'same@example.org'",
    "uq_user_sessions_token_hash": "UPDATE user_sessions SET token_hash = 'same'",
    "uq_api_tokens_token_hash": "UPDATE api_tokens SET token_hash = 'same'",
    "ck_api_tokens_name": "UPDATE api_tokens SET name = ''",
    "ck_api_tokens_scopes": "UPDATE api_tokens SET scopes = '{needs:everything}'",
    "ck_api_tokens_expires_at": "UPDATE api_tokens SET expires_at = created_at + interval '367 days'",
    "ck_vacancies_years": "UPDATE vacancies SET low_year = -2",
    "ck_vacancies_year_order": "UPDATE vacancies SET low_year = 9, high_year = 8",
    "ck_vacancies_amount": "UPDATE vacancies SET amount = -1",
    "ex_vacancies_overlap": """INSERT INTO vacancies (pool_id, low_year, high_year, starts_on, amount, used)
                               SELECT pool_id, high_year, high_year, starts_on, 1, 0 FROM vacancies""",
    "ck_provisions_years": "UPDATE provisions SET high_year = 15",
    "ck_provisions_year_order": "UPDATE provisions SET low_year = 9, high_year = 8",
    "ck_provisions_sessions_of_porous": "UPDATE provisions SET kind = 'porous'",
    "ck_provisions_shares_of_porous": "UPDATE provisions SET shares = 2",
    "ck_provisions_shares": "UPDATE provisions SET kind = 'porous', sessions = 4, shares = 3",
    "ck_provisions_sessions": "UPDATE provisions SET kind = 'porous', sessions = 10",
    "ck_provisions_pattern_of_full": "UPDATE provisions SET kind = 'outreach', pattern = 'weekly'",
    "ck_provisions_radius_of_outreach": "UPDATE provisions SET radius_km = 5",
    "ck_provisions_levels": "UPDATE provisions SET max_ci = 6",
    "ck_provisions_needs": "UPDATE provisions SET needs = '{}'",
    "uq_price_schedules_setting_id_version": "UPDATE price_schedules SET version = 1 WHERE status = 'draft'",
    "ck_price_schedules_dates": "UPDATE price_schedules SET ends_on = starts_on - 1 WHERE status = 'draft'",
    "ck_price_schedules_published_at": "UPDATE price_schedules SET published_at = now() WHERE status = 'draft'",
    "ex_price_schedules_overlap": """UPDATE price_schedules SET status = 'published', published_at = now()
                                     WHERE status = 'draft'""",
    "ck_price_lines_amount": f"UPDATE price_lines SET amount = -1 WHERE schedule_id IN {DRAFT}",
    "ck_price_lines_weeks": f"UPDATE price_lines SET weeks = 53 WHERE schedule_id IN {DRAFT}",
    "ck_price_lines_hours": f"UPDATE price_lines SET hours_a_week = 168.01 WHERE schedule_id IN {DRAFT}",
    "ck_price_lines_none": f"UPDATE price_lines SET hours_a_week = 0 WHERE schedule_id IN {DRAFT}",
    "ck_price_lines_discipline_of_therapy": f"UPDATE price_lines SET discipline = 'salt' WHERE schedule_id IN {DRAFT}",
    "ck_price_lines_hours_of_staff": f"UPDATE price_lines SET part = 'one_to_one' WHERE schedule_id IN {DRAFT}",
    "uq_price_lines_part": f"""INSERT INTO price_lines (schedule_id, provision_id, band, part, amount)
                               SELECT schedule_id, provision_id, band, part, 2 FROM price_lines
                               WHERE schedule_id IN {DRAFT}""",
    "uq_frameworks_name_version": "UPDATE frameworks SET version = 'same' WHERE status = 'draft'",
    "ck_frameworks_dates": "UPDATE frameworks SET ends_on = starts_on - 1 WHERE status = 'draft'",
    "ck_frameworks_two_people": """UPDATE frameworks SET status = 'adopted', adopted_by_id = makers[1]
                                   WHERE status = 'in_consultation'""",
    "ck_frameworks_consultation": "UPDATE frameworks SET status = 'in_consultation' WHERE status = 'draft'",
    "ck_frameworks_closes_before_it_starts": """UPDATE frameworks SET status = 'in_consultation', closes_on = starts_on
                                                WHERE status = 'draft'""",
    "ck_frameworks_adopted_by": "UPDATE frameworks SET status = 'adopted' WHERE status = 'in_consultation'",
    "ex_frameworks_overlap": """INSERT INTO frameworks (name, version, status, starts_on, content, makers, edit)
                                SELECT name, 'x' || id, 'adopted', starts_on, '{}', '{}', 1
                                FROM frameworks WHERE status = 'draft'""",
    "uq_framework_comments_band": """INSERT INTO framework_comments (framework_id, provider_id, stance, at)
                                     SELECT framework_id, provider_id, 'agree', at FROM framework_comments""",
    "ck_framework_comments_words": "UPDATE framework_comments SET words = ''",
    "uq_tariffs_owner_id_name_version": "UPDATE tariffs SET version = 'same' WHERE status = 'draft'",
    "ck_tariffs_dates": "UPDATE tariffs SET ends_on = starts_on - 1 WHERE status = 'draft'",
    "ck_tariffs_two_people": """UPDATE tariffs SET status = 'adopted', adopted_by_id = makers[1]
                                WHERE status = 'in_consultation'""",
    "ck_tariffs_consultation": "UPDATE tariffs SET status = 'in_consultation' WHERE status = 'draft'",
    "ck_tariffs_closes_before_it_starts": """UPDATE tariffs SET status = 'in_consultation', closes_on = starts_on
                                             WHERE status = 'draft'""",
    "ck_tariffs_adopted_by": "UPDATE tariffs SET status = 'adopted' WHERE status = 'in_consultation'",
    "ex_tariffs_overlap": """INSERT INTO tariffs
                             (framework_id, name, version, status, starts_on, is_illustrative, content, makers, edit)
                             SELECT framework_id, name, 'x' || id, 'adopted', starts_on, false, '{}', '{}', 1
                             FROM tariffs WHERE status = 'draft'""",
    "uq_tariff_comments_band": """INSERT INTO tariff_comments (tariff_id, provider_id, stance, at)
                                  SELECT tariff_id, provider_id, 'agree', at FROM tariff_comments""",
    "ck_tariff_comments_words": "UPDATE tariff_comments SET words = ''",
    "uq_needs_authority_id_reference": """UPDATE needs SET reference = 'same',
                                          authority_id = (SELECT min(authority_id) FROM needs)""",
    "ck_needs_reference": "UPDATE needs SET reference = 'has a space'",
    "ck_needs_complete": "UPDATE needs SET year_group = NULL",
    "ck_needs_year_group": "UPDATE needs SET year_group = 15",
    "ck_needs_sex": "UPDATE needs SET sex = 'X'",
    "ck_needs_levels": "UPDATE needs SET level_sp = 6",
    "ck_needs_priority": "UPDATE needs SET priority = 6",
    "ck_needs_max_km": "UPDATE needs SET max_km = 0",
    "ck_needs_kinds": "UPDATE needs SET kinds = '{residential}'",
    "ck_needs_override_reason": "UPDATE needs SET band_override = 'profound'",
    "ck_needs_ground_evidence": "UPDATE needs SET ground = 'resources', request_id = (SELECT min(id) FROM settings)",
    "ck_needs_request_of_ehcp": "UPDATE needs SET footing = 'at_risk', request_id = (SELECT min(id) FROM settings)",
    "ck_needs_last_education": "UPDATE needs SET footing = 'excluded', request_id = NULL, roll_school = 'x'",
    "ck_needs_roll": "UPDATE needs SET footing = 'at_risk', request_id = NULL",
    "ck_needs_at_risk_in_school": """UPDATE needs SET footing = 'at_risk', request_id = NULL, roll_school = 'x',
                                     last_education_on = '2026-11-13'""",
    "ck_needs_ground_of_request": "UPDATE needs SET ground = 'resources', ground_evidence = 'x'",
    "ck_budgets_amount": "UPDATE budgets SET amount = -1",
    "uq_price_indices_part_starts_on": "UPDATE price_indices SET starts_on = '2026-04-01'",
    "ck_price_indices_percent": "UPDATE price_indices SET percent = 101",
    "ck_price_indices_url": "UPDATE price_indices SET url = 'http://example.org'",
    "uq_uplifts_open": "UPDATE uplifts SET setting_id = (SELECT min(setting_id) FROM uplifts)",
    "ck_uplifts_one_of_two": "UPDATE uplifts SET asked = '[]'",
    "ck_uplifts_asks": "UPDATE uplifts SET percent = NULL",
    "ck_uplifts_percent": "UPDATE uplifts SET agreed_percent = 101",
    "ck_uplifts_shares": "UPDATE uplifts SET staff = staff + 1",
    "ck_uplifts_year": "UPDATE uplifts SET year = 2026",
    "ck_uplifts_sent": "UPDATE uplifts SET sent_at = NULL",
    "ck_uplifts_link": "UPDATE uplifts SET authority_ids = '{}'",
    "ck_uplifts_successor": "UPDATE uplifts SET successor_id = link_id",
    "ck_uplifts_agreed": "UPDATE uplifts SET answer_by = NULL",
    "ck_uplifts_published": "UPDATE uplifts SET published_id = base_id",
    "ck_uplift_counts_stated": "UPDATE uplift_counts SET stated = 0",
    "ck_uplift_counts_corrected": "UPDATE uplift_counts SET corrected = -1",
    "uq_uplift_steps_uplift_id_number": "UPDATE uplift_steps SET uplift_id = (SELECT min(uplift_id) FROM uplift_steps)",
    "uq_uplift_steps_open": """UPDATE uplift_steps SET is_open = true, number = id,
                               uplift_id = (SELECT min(uplift_id) FROM uplift_steps)""",
    "ck_uplift_steps_percent_of_kind": "UPDATE uplift_steps SET percent = NULL",
    "ck_uplift_steps_percent": "UPDATE uplift_steps SET percent = 101",
    "ck_uplift_steps_open_proposal": "UPDATE uplift_steps SET kind = 'agreed', is_open = true",
    "ck_uplift_answers_whole": "UPDATE uplift_answers SET reason = NULL",
    "uq_matching_runs_active": """UPDATE matching_runs SET status = 'queued',
                                  scope_id = (SELECT min(scope_id) FROM matching_runs)""",
    "ck_matching_runs_scenario": "UPDATE matching_runs SET name = NULL",
    "uq_matching_runs_base_id_name": """INSERT INTO matching_runs SELECT (jsonb_populate_record(r, '{"id": 999}')).*
                                        FROM matching_runs r WHERE name IS NOT NULL LIMIT 1""",
    "ck_matching_runs_error_of_failed": "UPDATE matching_runs SET status = 'failed'",
    "ck_matching_runs_seconds": "UPDATE matching_runs SET seconds = 0",
    "ck_matching_runs_file_has_no_base": "UPDATE matching_runs SET file_name = 'x' WHERE base_id IS NOT NULL",
    "ck_matching_runs_memory_gb": "UPDATE matching_runs SET memory_gb = 0",
    "uq_recommendations_run_id_need_id": """UPDATE recommendations SET
                                            run_id = (SELECT min(run_id) FROM recommendations),
                                            need_id = (SELECT min(need_id) FROM recommendations)""",
    "ck_recommendations_placed_or_reason": "UPDATE recommendations SET reason = 'capacity'",
    "uq_placement_sets_owner_id_name": "UPDATE placement_sets SET name = 'same', owner_id = 1",
    "ck_placement_sets_dates": "UPDATE placement_sets SET ends_on = starts_on - 1",
    "ck_placement_sets_placements": "UPDATE placement_sets SET placements = 0",
    "uq_calibrations_active": "UPDATE calibrations SET status = 'queued', owner_id = 1, figures = NULL",
    "uq_shadow_runs_active": "UPDATE shadow_runs SET status = 'queued', owner_id = 1, figures = NULL",
    "uq_corridors_active": "UPDATE corridors SET status = 'queued', owner_id = 1, figures = NULL",
    "ck_calibrations_error_of_failed": "UPDATE calibrations SET error = 'x'",
    "uq_studies_active": "UPDATE studies SET status = 'queued', figures = NULL, run_id = 1, scope_id = 1",
    "ck_studies_error_of_failed": "UPDATE studies SET error = 'x'",
    "ck_studies_result_of_done": "UPDATE studies SET figures = NULL",
    "ck_shadow_runs_error_of_failed": "UPDATE shadow_runs SET error = 'x'",
    "ck_corridors_error_of_failed": "UPDATE corridors SET error = 'x'",
    "ck_calibrations_result_of_done": "UPDATE calibrations SET files = NULL",
    "ck_shadow_runs_result_of_done": "UPDATE shadow_runs SET figures = NULL",
    "ck_corridors_result_of_done": "UPDATE corridors SET files = NULL",
    "ck_calibrations_step": "UPDATE calibrations SET step = -1",
    "ck_shadow_runs_year_limit": "UPDATE shadow_runs SET year_limit = 10001",
    "ck_surveys_left_out": "UPDATE surveys SET left_out = -1",
    "ck_surveyed_prices_guide": "UPDATE surveyed_prices SET guide = 0",
    "uq_surveyed_prices_survey_id_provision_id_band": """INSERT INTO surveyed_prices (survey_id, provision_id, band,
            pattern, setting_id, setting_type, authority_id, amount, guide)
        SELECT survey_id, provision_id, band, pattern, setting_id, setting_type, authority_id, 1, 1
        FROM surveyed_prices""",
    "uq_standings_provider_id_region_id_setting_type_band_pattern": """INSERT INTO standings (provider_id, region_id,
            setting_type, band, pattern, "on")
        SELECT provider_id, region_id, setting_type, band, pattern, "on" FROM standings""",
    "ck_standings_peers": "UPDATE standings SET median = NULL",
    "ck_standings_discreet": "UPDATE standings SET settings = 4",
    "uq_demands_provider_id_setting_id": """INSERT INTO demands (provider_id, setting_id, "on")
                                            SELECT provider_id, setting_id, "on" FROM demands""",
    "uq_demand_counts_demand_id_dimension_codes_reach": """INSERT INTO demand_counts
                                                           (demand_id, dimension, codes, reach, amount)
                                                           SELECT demand_id, dimension, codes, reach, 5
                                                           FROM demand_counts""",
    "ck_demand_counts_discreet": "UPDATE demand_counts SET amount = 4",
    "ck_demand_counts_reach": "UPDATE demand_counts SET reach = 5",
    "ck_standings_corridor": "UPDATE standings SET low = 1",
    "ck_recommendations_cost": "UPDATE recommendations SET price = NULL",
    **case_breakers.BREAKERS,
    **partnership_breakers.BREAKERS,
    **plan_breakers.BREAKERS,
}


def rules() -> dict[str, str]:
    """Every named rule of every table with its breaker; "" where nobody has written one."""
    found: dict[str, str] = {}
    for table in Base.metadata.sorted_tables:
        for constraint in table.constraints:
            name = str(constraint.name)
            if isinstance(constraint, ForeignKeyConstraint):
                column = constraint.column_keys[0]
                if not table.columns[column].primary_key:
                    found[f"fk_{table.name}_{column}"] = _set(table.name, column, "-1")
            elif isinstance(constraint, PrimaryKeyConstraint):
                continue
            elif isinstance(constraint, UniqueConstraint) and "id" in constraint.columns:
                continue  # the primary key says more; it is there for a foreign key to name two columns
            elif getattr(constraint, "_type_bound", False):  # the values of an enumeration
                column = name.removeprefix(f"ck_{table.name}_")
                found[name] = _set(table.name, column, "'nonsense'")
            else:
                found[name] = BREAKERS.get(name, "")
        found.update({str(index.name): BREAKERS.get(str(index.name), "") for index in table.indexes if index.unique})
    return found


def _set(table: str, column: str, value: str) -> str:
    statement = f"UPDATE {table} SET {column} = {value}"
    return unguarded(table, statement) if table in KEPT else statement


RULES = rules()
# Set together with another column, or on a row that the triggers of published prices guard first.
INDIRECT = {
    "ck_needs_band_override": "UPDATE needs SET band_override = 'nonsense', band_override_reason = 'x'",
    "ck_needs_ground": """UPDATE needs SET ground = 'nonsense', ground_evidence = 'x',
                          request_id = (SELECT min(id) FROM settings)""",
    "ck_price_lines_band": f"UPDATE price_lines SET band = 'nonsense' WHERE schedule_id IN {DRAFT}",
    "ck_price_lines_part": f"UPDATE price_lines SET part = 'nonsense' WHERE schedule_id IN {DRAFT}",
    "ck_price_lines_discipline": f"""UPDATE price_lines SET part = 'therapy', hours_a_week = 1,
                                     discipline = 'nonsense' WHERE schedule_id IN {DRAFT}""",
    "ck_price_schedules_status": """UPDATE price_schedules SET status = 'nonsense', published_at = now(),
                                    starts_on = '2010-09-01', ends_on = '2011-09-01' WHERE status = 'draft'""",
    "fk_price_lines_schedule_id": f"UPDATE price_lines SET schedule_id = -1 WHERE schedule_id IN {DRAFT}",
    "fk_price_lines_provision_id": f"UPDATE price_lines SET provision_id = -1 WHERE schedule_id IN {DRAFT}",
    "fk_price_schedules_setting_id": """INSERT INTO price_schedules (setting_id, version, status, starts_on, edit)
                                        VALUES (-1, 1, 'draft', '2027-09-01', 1)""",
    "fk_vacancies_pool_id": """INSERT INTO vacancies (pool_id, low_year, high_year, starts_on, amount, used)
                               VALUES (-1, 7, 8, '2027-09-01', 1, 0)""",
    "ck_provisions_kind": "UPDATE provisions SET kind = 'nonsense', pattern = 'day'",
    "ck_provisions_pattern": "UPDATE provisions SET pattern = 'nonsense'",
    "ck_matching_runs_status": "UPDATE matching_runs SET status = 'nonsense'",
    "ck_tariffs_status": """INSERT INTO tariffs
                            (framework_id, name, version, status, starts_on, is_illustrative, content, makers, edit)
                            SELECT framework_id, name, 'x', 'nonsense', starts_on, false, '{}', '{}', 1 FROM tariffs""",
    "ck_frameworks_status": """INSERT INTO frameworks (name, version, status, starts_on, content, makers, edit)
                               SELECT name, 'x', 'nonsense', starts_on, '{}', '{}', 1 FROM frameworks LIMIT 1""",
    "fk_frameworks_adopted_by_id": "UPDATE frameworks SET adopted_by_id = -1 WHERE status = 'draft'",
    "fk_tariffs_owner_id": "UPDATE tariffs SET owner_id = -1 WHERE status = 'draft'",
    "fk_tariffs_framework_id": "UPDATE tariffs SET framework_id = -1 WHERE status = 'draft'",
    "fk_tariffs_adopted_by_id": "UPDATE tariffs SET adopted_by_id = -1 WHERE status = 'draft'",
    "fk_user_roles_user_id": "INSERT INTO user_roles (user_id, role) VALUES (-1, 'approver')",
    "fk_budgets_authority_id": "INSERT INTO budgets (authority_id, amount, version) VALUES (-1, 1, 1)",
    "fk_pools_setting_id": "INSERT INTO pools (setting_id, name, unit, version) VALUES (-1, 'x', 'places', 1)",
    "fk_provisions_pool_id": """UPDATE provisions SET pool_id =
                                (SELECT id FROM pools WHERE pools.setting_id <> provisions.setting_id)""",
    "ck_calibrations_status": "UPDATE calibrations SET status = 'nonsense', figures = NULL",
    "ck_studies_status": "UPDATE studies SET status = 'nonsense', figures = NULL",
    "ck_shadow_runs_status": "UPDATE shadow_runs SET status = 'nonsense', figures = NULL",
    "ck_corridors_status": "UPDATE corridors SET status = 'nonsense', figures = NULL",
    "fk_placement_sets_owner_id": """INSERT INTO placement_sets (owner_id, name, starts_on, ends_on, basis, placements,
                                         price, contents, file, sha256, added_at)
                                     VALUES (-1, 'x', '2026-04-01', '2027-03-31', 'contracted', 1, 1, '{}', '', '',
                                         now())""",
    "fk_run_budgets_authority_id": "UPDATE run_budgets SET authority_id = -1",
    "fk_run_budgets_run_id": "UPDATE run_budgets SET run_id = -1",
    "fk_uplifts_setting_id": "UPDATE uplifts SET setting_id = -1 WHERE id = (SELECT min(id) FROM uplifts)",
    "fk_uplifts_link_id": "UPDATE uplifts SET authority_ids = '{-1}', link_id = -1",
    "fk_uplifts_successor_id": "UPDATE uplifts SET authority_ids = authority_ids || -1::bigint, successor_id = -1",
    "fk_uplifts_published_id": "UPDATE uplifts SET status = 'published', published_id = -1",
    "fk_uplift_steps_uplift_id": "UPDATE uplift_steps SET uplift_id = -1 WHERE id = (SELECT min(id) FROM uplift_steps)",
    "fk_demand_counts_demand_id": """UPDATE demand_counts SET demand_id = -1
                                     WHERE id = (SELECT min(id) FROM demand_counts)""",
    "fk_matching_runs_base_id": """UPDATE matching_runs SET base_id = -1
                                   WHERE id = (SELECT max(id) FROM matching_runs WHERE name IS NOT NULL)""",
    "fk_matching_runs_scope_id": again("matching_runs", id=999, scope_id=-1),
    "fk_run_results_run_id": "INSERT INTO run_results (run_id, problem, sha256) VALUES (-1, '', '')",
    **plan_breakers.INDIRECT,
    **case_breakers.INDIRECT,
    **partnership_breakers.INDIRECT,
}


@pytest.fixture(scope="module")
def world(application: Engine, cleaner: Engine) -> Iterator[None]:
    """One for all: whoever breaks a rule changes nothing."""
    db.configure(application)
    with transaction(SYSTEM) as session:
        World(session)
    yield
    empty(cleaner)


def test_every_rule_has_a_breaker() -> None:
    assert [name for name, breaker in RULES.items() if not breaker] == []
    assert set(BREAKERS) <= set(RULES)


@pytest.mark.parametrize("name", sorted(set(RULES) | set(INDIRECT)))
@pytest.mark.usefixtures("world")
def test_the_rule_refuses_by_its_own_name(name: str, owner: Engine) -> None:
    with owner.connect() as connection, pytest.raises(IntegrityError) as refused:
        connection.execute(text(INDIRECT.get(name) or RULES[name]))
    assert refused.value.orig.diag.constraint_name == name


@pytest.mark.parametrize(("name", "statement"), GUARDED)
@pytest.mark.usefixtures("world")
def test_what_is_only_added_nobody_changes_not_even_the_owner(name: str, statement: str, owner: Engine) -> None:
    with owner.connect() as connection, pytest.raises(IntegrityError) as refused:
        connection.execute(text(statement))
    assert refused.value.orig.diag.constraint_name == name


def test_every_table_to_which_rows_are_only_added_has_its_guards(owner: Engine) -> None:
    with owner.connect() as connection:
        guarded = connection.scalars(
            text("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgfoid = 'refuse_change'::regproc")
        ).all()
    assert sorted(guarded) == sorted(KEPT)
    named = {name.removesuffix("_unchanged") for name, _ in GUARDED} - OTHERWISE_GUARDED
    assert named == set(KEPT)
