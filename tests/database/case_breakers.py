"""Statements that break the rules of consultations, awards, placements, the ledger and the audit trail."""

import json

FIRST = "id = (SELECT min(id) FROM {0})"
LEDGER = {
    "authority_id": "authority_id",
    "placement_id": "placement_id",
    "order_id": "order_id",
    "event_id": "event_id",
    "year": "year",
    "starts_on": "starts_on",
    "ends_on": "ends_on",
    "band": "band",
    "fee": "fee",
    "amount": "-amount",
    "reverses_id": "id",
    "at": "now()",
}


def reversal(**changes: str) -> str:
    """Reverse every line of the ledger, with some columns otherwise than they should be."""
    columns = {**LEDGER, **changes}
    return f"INSERT INTO ledger_lines ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM ledger_lines"


def undoing(what: str, further: int = 10) -> str:
    """Undo every event of a placement by one of its own."""
    columns = "placement_id, kind, number, undoes_id, at, officer, before, after"
    values = f"placement_id, 'undone', number + {further}, {what}, at, officer, '{{}}', '{{}}'"
    return (
        f'INSERT INTO placement_events ("on", {columns}) SELECT "on", {values} FROM placement_events WHERE number < 10'
    )


def unguarded(table: str, statement: str) -> str:
    """What breaks a rule behind the trigger that lets nobody change the table."""
    return f"ALTER TABLE {table} DISABLE TRIGGER USER; {statement}"


def again(table: str, **changes: int) -> str:
    """The first row of a table once more, with some columns otherwise."""
    row = f"(SELECT t FROM {table} t ORDER BY id LIMIT 1)"
    return f"INSERT INTO {table} SELECT (jsonb_populate_record({row}, '{json.dumps(changes)}')).*"


# Tables to which rows are only added.
KEPT = ("placement_events", "ledger_lines", "audit_events", "audit_links")

ORDER = "(SELECT min(id) FROM outreach_orders)"
ENDED = "status = 'ended', last_value = baseline, result_words = 'x'"

# Every setting is not registered as a school, behind the trigger that lets nobody change whether it is.
UNREGISTERED = unguarded("settings", "UPDATE settings SET type = 'ap', urn = 990000 + id % 9999, is_registered = false")
SPLIT = "UPDATE provisions SET kind = 'porous', sessions = 4"
EXCLUDED = """UPDATE needs SET footing = 'excluded', request_id = NULL, locked_id = NULL, ground = NULL,
              ground_evidence = NULL, roll_school = 'x', last_education_on = '2026-11-13'"""

BREAKERS = {
    "ck_needs_areas": "UPDATE needs SET barriers = '{}'",
    "uq_profiles_need_id_number": "UPDATE profiles SET need_id = (SELECT min(id) FROM needs)",
    "ck_vacancies_used": "UPDATE vacancies SET used = amount + 0.01",
    "uq_consultations_open": "UPDATE consultations SET status = 'sent', ended_at = NULL WHERE status = 'withdrawn'",
    "ck_consultations_replied_at": "UPDATE consultations SET status = 'full', ended_at = NULL, replied_at = NULL",
    "ck_consultations_ended_at": "UPDATE consultations SET ended_at = NULL",
    "ck_consultations_reminded": "UPDATE consultations SET reminded = 8",
    "ck_offers_price": "UPDATE offers SET variation = -price - 1, variation_reason = 'x'",
    "ck_offers_variation_reason": "UPDATE offers SET variation_reason = 'x'",
    "ck_offers_hours": "UPDATE offers SET hours_a_week = 0",
    "uq_refusal_reasons_consultation_id_code": """UPDATE refusal_reasons SET consultation_id =
                                                  (SELECT min(consultation_id) FROM refusal_reasons)""",
    "ck_refusal_reasons_words": "UPDATE refusal_reasons SET words = ''",
    "ck_documents_size": "UPDATE documents SET size = 10000001",
    "ck_documents_removed": "UPDATE documents SET removed_at = now()",
    "ck_case_dates_transfer_year": "UPDATE case_dates SET transfer_year = NULL",
    "ck_case_dates_year": "UPDATE case_dates SET transfer_year = 2019",
    "ck_case_dates_review_outcome_of_decision": """UPDATE case_dates SET review_held_on = '2027-01-04',
                                                   review_decided_on = '2027-01-04'""",
    "ck_case_dates_decided_after_review": """UPDATE case_dates SET review_decided_on = '2027-01-03',
                                             review_outcome = 'amend'""",
    "ck_case_dates_next": "UPDATE case_dates SET next_due_on = '2027-01-04'",
    "ck_case_dates_draft_after_request": "UPDATE case_dates SET draft_sent_on = requested_on - 1",
    "uq_awards_live": "UPDATE awards SET need_id = (SELECT min(need_id) FROM awards)",
    "ck_awards_amounts": "UPDATE awards SET transport = -1",
    "ck_awards_variation_reason": "UPDATE awards SET variation = 1",
    "ck_awards_ground_evidence": "UPDATE awards SET ground = 'resources'",
    "ck_awards_held_until": "UPDATE awards SET held_until = now()",
    "ck_awards_decided_at": "UPDATE awards SET decided_at = NULL",
    "ck_awards_decision_note": "UPDATE awards SET status = 'returned'",
    "ck_awards_letter": "UPDATE awards SET letter = NULL",
    "ck_awards_two_people": "UPDATE awards SET threshold = marginal - 1, decided_by_id = proposed_by_id",
    "ck_awards_order_reference": "UPDATE awards SET route = 'order'",
    "ck_awards_consultation": "UPDATE awards SET consultation_id = NULL",
    "uq_approval_thresholds_authority_id_starts_on": """UPDATE approval_thresholds SET authority_id =
                                                        (SELECT min(authority_id) FROM approval_thresholds)""",
    "ck_approval_thresholds_amount": "UPDATE approval_thresholds SET amount = -1",
    "ck_claims_amount": "UPDATE claims SET amount = 0",
    "ck_claims_vacancy": "UPDATE claims SET vacancy_id = NULL",
    "ck_claims_ended": "UPDATE claims SET end_kind = 'freed'",
    "ck_claims_one_of_three": "UPDATE claims SET award_id = NULL",
    "ck_claims_offer_is_hold": """UPDATE claims SET award_id = NULL,
                                  consultation_id = (SELECT min(id) FROM consultations)""",
    "uq_placements_award_id": "UPDATE placements SET award_id = (SELECT min(award_id) FROM placements)",
    "ck_placements_dates": "UPDATE placements SET ends_on = starts_on - 2",
    "ck_placements_ends_on": "UPDATE placements SET status = 'ended'",
    "ck_placements_amounts": "UPDATE placements SET price = -1",
    "ck_placements_sessions": "UPDATE placements SET sessions = 10",
    "ck_placements_hours": "UPDATE placements SET hours_a_week = 0",
    "uq_placement_events_placement_id_number": unguarded("placement_events", "UPDATE placement_events SET number = 1"),
    "uq_placement_events_undoes_id": f"{undoing('id', 10)}; {undoing('id', 20)}",
    "ck_placement_events_undoes": undoing("NULL"),
    "uq_porous_plans_placement_id_number": again("porous_plans", id=999),
    "uq_porous_plans_proposed": again("porous_plans", id=999, number=9),
    "ck_porous_plans_week": "UPDATE porous_plans SET week = week || ARRAY['special']::varchar[]",
    "ck_porous_plans_split": "UPDATE porous_plans SET week = array_fill('special'::varchar, ARRAY[10])",
    "ck_porous_plans_rides": "UPDATE porous_plans SET rides = ARRAY['none']::varchar[]",
    "ck_porous_plans_goal_sessions": "UPDATE porous_plans SET goal_sessions = 11",
    "ck_porous_plans_goal_on": "UPDATE porous_plans SET goal_on = NULL",
    "ck_porous_plans_review_weeks": "UPDATE porous_plans SET review_weeks = 27",
    "ck_porous_plans_decided_at": "UPDATE porous_plans SET status = 'approved'",
    "ck_porous_plans_decision": "UPDATE porous_plans SET decision = 'x'",
    "uq_reintegration_plans_placement_id_number": again("reintegration_plans", id=999),
    "ck_reintegration_plans_reason": "UPDATE reintegration_plans SET reason = 'x'",
    "ck_reintegration_plans_review_on": "UPDATE reintegration_plans SET review_on = ends_on + 1",
    "ck_reintegration_plans_returns_on": "UPDATE reintegration_plans SET returns_on = ends_on + 32",
    "ck_reintegration_plans_school_urn": "UPDATE reintegration_plans SET school_urn = 1",
    "uq_porous_reviews_placement_id_number": again("porous_reviews", id=999),
    "ck_porous_reviews_belonging": "UPDATE porous_reviews SET belonging = ARRAY[1, 2, 3, 5]",
    "ck_porous_reviews_next_on": 'UPDATE porous_reviews SET next_on = "on"',
    "ck_porous_reviews_next_unless_it_ends": "UPDATE porous_reviews SET next_on = NULL",
    "uq_destination_plans_need_id_version": again("destination_plans", id=999),
    "ck_destination_plans_version": "UPDATE destination_plans SET version = 0",
    "ck_destination_plans_next_on": 'UPDATE destination_plans SET next_on = "on"',
    "uq_destination_aims_plan_id_pathway": again("destination_aims", id=999),
    "ck_destination_aims_who": "UPDATE destination_aims SET who = '{}'",
    "ck_destination_aims_by": "UPDATE destination_aims SET by = '{}'",
    "ck_destination_aims_steps": """UPDATE destination_aims SET steps = '{a,b,c,d}', who = '{a,b,c,d}',
                                    by = array_fill('2027-01-04'::date, ARRAY[4])""",
    "uq_adult_transfers_need_id_service": again("adult_transfers", id=999),
    "ck_adult_transfers_assessed_after_request": "UPDATE adult_transfers SET assessed_on = requested_on - 1",
    "ck_adult_transfers_done_after_agreement": "UPDATE adult_transfers SET done_on = planned_on",
    "ck_adult_transfers_one_end": """UPDATE adult_transfers SET agreed_on = planned_on, done_on = planned_on,
                                     closed_on = planned_on""",
    "uq_destination_outcomes_need_id_pathway": again("destination_outcomes", id=999),
    "ck_destination_outcomes_code_of_pathway": "UPDATE destination_outcomes SET code = 'paid'",
    "ck_destination_outcomes_year_after_six_months": "UPDATE destination_outcomes SET a_year = 'yes'",
    "ck_destination_outcomes_sustained": "UPDATE destination_outcomes SET six_months = 'no', a_year = 'yes'",
    "uq_ledger_lines_reverses_id": f"{reversal()} WHERE reverses_id IS NULL; {reversal()} WHERE reverses_id IS NULL",
    "ck_ledger_lines_dates": unguarded("ledger_lines", "UPDATE ledger_lines SET ends_on = starts_on - 1"),
    "ck_ledger_lines_year": unguarded("ledger_lines", "UPDATE ledger_lines SET ends_on = ends_on + 1"),
    "ck_ledger_lines_of_one": unguarded("ledger_lines", "UPDATE ledger_lines SET order_id = 1"),
    "ck_ledger_lines_of_placement": unguarded("ledger_lines", "UPDATE ledger_lines SET band = NULL"),
    "uq_outreach_orders_placement_id": "UPDATE outreach_orders SET price = NULL, placement_id = 1",
    "ck_outreach_orders_dates": "UPDATE outreach_orders SET ends_on = starts_on - 1",
    "ck_outreach_orders_target": "UPDATE outreach_orders SET target = baseline",
    "ck_outreach_orders_hours": "UPDATE outreach_orders SET hours = hours_a_week - 1",
    "ck_outreach_orders_pupils": "UPDATE outreach_orders SET pupils_with = -1",
    "ck_outreach_orders_served": "UPDATE outreach_orders SET pupils_with = 0, pupils_without = 0",
    "ck_outreach_orders_urn": "UPDATE outreach_orders SET urn = 99999",
    "ck_outreach_orders_year_group": "UPDATE outreach_orders SET year_group = 15",
    "ck_outreach_orders_price": "UPDATE outreach_orders SET status = 'accepted', price = NULL",
    "ck_outreach_orders_two_people": "UPDATE outreach_orders SET threshold = price - 1, agreed_by_id = asked_by_id",
    "ck_outreach_orders_of_placement": "UPDATE outreach_orders SET status = 'asked', price = NULL, placement_id = 1",
    "ck_outreach_orders_reason": "UPDATE outreach_orders SET reason = 'x'",
    "ck_outreach_orders_ended": "UPDATE outreach_orders SET result = 'partly'",
    "ck_outreach_orders_ended_on": f"UPDATE outreach_orders SET {ENDED}, result = 'partly', ended_on = ends_on + 1",
    "ck_outreach_orders_met": f"UPDATE outreach_orders SET {ENDED}, ended_on = ends_on, result = 'met'",
    "uq_order_shares_order_id_school": "UPDATE order_shares SET school = 'same'",
    "ck_order_shares_share": "UPDATE order_shares SET share = 0",
    "ck_order_visits_hours": "UPDATE order_visits SET hours = 24.01",
    "uq_messages_key": "UPDATE messages SET key = 'same'",
    "ck_messages_sent_at": "UPDATE messages SET status = 'sent'",
    "ck_messages_tries": "UPDATE messages SET tries = -1",
    "ck_messages_error": "UPDATE messages SET status = 'failed'",
    "ck_messages_taken_until": "UPDATE messages SET status = 'failed', error = 'x', taken_until = now()",
    "uq_audit_links_event_id": unguarded("audit_links", "UPDATE audit_links SET event_id = 1"),
    "ck_audit_heads_one": "UPDATE audit_heads SET id = 2",
}

# Where another rule would refuse first: one that goes by several columns, or that no two rows are alike.
INDIRECT = {
    "ck_consultations_status": "UPDATE consultations SET status = 'nonsense', ended_at = NULL",
    "ck_awards_status": "UPDATE awards SET status = 'nonsense', decided_at = NULL, letter = NULL",
    "ck_awards_ground": "UPDATE awards SET ground = 'nonsense', ground_evidence = 'x'",
    "ck_claims_end_kind": "UPDATE claims SET end_kind = 'nonsense', ended_at = now(), vacancy_id = NULL",
    "fk_offers_consultation_id": """UPDATE offers SET consultation_id = -1
                                    WHERE consultation_id = (SELECT min(consultation_id) FROM offers)""",
    "fk_refusal_reasons_consultation_id": f"""UPDATE refusal_reasons SET consultation_id = -1
                                              WHERE {FIRST.format("refusal_reasons")}""",
    "fk_identities_need_id": """UPDATE identities SET need_id = -1
                                WHERE need_id = (SELECT min(need_id) FROM identities)""",
    "fk_profiles_need_id": "UPDATE profiles SET need_id = -1 WHERE need_id = (SELECT min(need_id) FROM profiles)",
    "fk_case_dates_need_id": """UPDATE case_dates SET need_id = -1
                                WHERE need_id = (SELECT min(need_id) FROM case_dates)""",
    "fk_awards_need_id": f"UPDATE awards SET need_id = -1 WHERE {FIRST.format('awards')}",
    "fk_approval_thresholds_authority_id": f"""UPDATE approval_thresholds SET authority_id = -1
                                               WHERE {FIRST.format("approval_thresholds")}""",
    "fk_claims_consultation_id": "UPDATE claims SET award_id = NULL, consultation_id = -1, held_until = now()",
    "fk_claims_order_id": "UPDATE claims SET award_id = NULL, order_id = -1",
    "fk_outreach_orders_placement_id": f"""UPDATE outreach_orders SET price = NULL, placement_id = -1
                                           WHERE {FIRST.format("outreach_orders")}""",
    "ck_outreach_orders_result": f"UPDATE outreach_orders SET {ENDED}, ended_on = ends_on, result = 'nonsense'",
    "fk_order_shares_order_id": f"""UPDATE order_shares SET order_id = -1 WHERE {FIRST.format("order_shares")}""",
    "fk_ledger_lines_order_id": unguarded(
        "ledger_lines", "UPDATE ledger_lines SET placement_id = NULL, event_id = NULL, band = NULL, order_id = -1"
    ),
    "fk_placements_award_id": f"UPDATE placements SET award_id = -1 WHERE {FIRST.format('placements')}",
    "fk_placement_events_placement_id": unguarded(
        "placement_events",
        f"UPDATE placement_events SET placement_id = -1 WHERE {FIRST.format('placement_events')}",
    ),
    "fk_placement_events_undoes_id": undoing("-id"),
    "ck_placement_events_kind": unguarded(
        "placement_events", "UPDATE placement_events SET kind = 'nonsense' WHERE kind = 'started'"
    ),
    "fk_porous_plans_placement_id": f"UPDATE porous_plans SET placement_id = -1 WHERE {FIRST.format('porous_plans')}",
    "fk_porous_reviews_placement_id": f"""UPDATE porous_reviews SET placement_id = -1
                                          WHERE {FIRST.format("porous_reviews")}""",
    "fk_destination_plans_need_id": f"""UPDATE destination_plans SET need_id = -1
                                        WHERE {FIRST.format("destination_plans")}""",
    "fk_destination_aims_plan_id": f"UPDATE destination_aims SET plan_id = -1 WHERE {FIRST.format('destination_aims')}",
    "fk_adult_transfers_need_id": f"UPDATE adult_transfers SET need_id = -1 WHERE {FIRST.format('adult_transfers')}",
    "fk_destination_outcomes_need_id": f"""UPDATE destination_outcomes SET need_id = -1
                                           WHERE {FIRST.format("destination_outcomes")}""",
    "ck_destination_aims_pathway": f"""UPDATE destination_aims SET pathway = 'nonsense'
                                       WHERE {FIRST.format("destination_aims")}""",
    "ck_adult_transfers_service": f"""UPDATE adult_transfers SET service = 'nonsense'
                                      WHERE {FIRST.format("adult_transfers")}""",
    "ck_destination_outcomes_six_months": "UPDATE destination_outcomes SET six_months = 'nonsense'",
    "ck_destination_outcomes_a_year": "UPDATE destination_outcomes SET six_months = 'yes', a_year = 'nonsense'",
    "ck_porous_plans_goal": "UPDATE porous_plans SET goal = 'nonsense'",
    "ck_case_dates_review_outcome": """UPDATE case_dates SET review_held_on = '2027-01-04',
                                       review_decided_on = '2027-01-04', review_outcome = 'nonsense'""",
    "fk_reintegration_plans_placement_id": f"""UPDATE reintegration_plans SET placement_id = -1
                                               WHERE {FIRST.format("reintegration_plans")}""",
    "ck_case_dates_next_clock": "UPDATE case_dates SET next_due_on = '2027-01-04', next_clock = 'nonsense'",
    "fk_ledger_lines_reverses_id": unguarded(
        "ledger_lines", f"UPDATE ledger_lines SET reverses_id = -1 WHERE {FIRST.format('ledger_lines')}"
    ),
    "fk_ledger_totals_authority_id": """UPDATE ledger_totals SET authority_id = -1
                                        WHERE authority_id = (SELECT min(authority_id) FROM ledger_totals)""",
}

# Rules of triggers that are not about rows to which nothing but rows is added.
OTHERWISE_GUARDED = {
    "ledger_lines_reversal",
    "settings_registration",
    "provisions_unregistered",
    "placements_unregistered",
}

# (what a trigger calls its rule, a statement that breaks it)
GUARDED = [
    ("placement_events_unchanged", "UPDATE placement_events SET officer = 'x'"),
    ("placement_events_unchanged", "DELETE FROM placement_events"),
    ("placement_events_unchanged", "TRUNCATE placement_events CASCADE"),
    ("ledger_lines_unchanged", "UPDATE ledger_lines SET amount = 0"),
    ("ledger_lines_unchanged", "DELETE FROM ledger_lines"),
    ("ledger_lines_unchanged", "TRUNCATE ledger_lines"),
    ("ledger_lines_reversal", reversal(amount="-amount + 1")),
    ("ledger_lines_reversal", reversal(amount="amount")),
    ("ledger_lines_reversal", reversal(fee="fee + 1")),
    ("ledger_lines_reversal", reversal(ends_on="ends_on - 1")),
    ("ledger_lines_reversal", reversal(band="'mild'")),
    ("ledger_lines_reversal", reversal(starts_on="starts_on + 1")),
    ("ledger_lines_reversal", reversal(placement_id="(SELECT max(id) FROM placements)")),
    ("ledger_lines_reversal", reversal(placement_id="NULL", event_id="NULL", band="NULL", order_id=ORDER)),
    ("ledger_lines_reversal", reversal(authority_id="(SELECT max(authority_id) FROM placements)")),
    ("ledger_lines_reversal", f"{reversal()}; {reversal()} WHERE reverses_id IS NOT NULL"),
    ("ledger_lines_reversal", reversal(reverses_id="-1")),
    ("settings_registration_unchanged", "UPDATE settings SET is_registered = false"),
    ("provisions_unregistered", f"{UNREGISTERED}; UPDATE provisions SET name = 'x', kind = 'full'"),
    ("provisions_unregistered", f"{UNREGISTERED}; UPDATE provisions SET kind = 'porous', sessions = 6"),
    ("placements_unregistered", f"{UNREGISTERED}; {SPLIT}; UPDATE placements SET sessions = 5"),
    ("placements_unregistered", f"{UNREGISTERED}; {SPLIT}; UPDATE placements SET sessions = 4, is_on_roll = true"),
    ("placements_unregistered", f"{UNREGISTERED}; {SPLIT}; {EXCLUDED}; UPDATE placements SET sessions = 6"),
    ("placements_unregistered", f"{UNREGISTERED}; UPDATE placements SET sessions = NULL"),
    ("audit_events_unchanged", "UPDATE audit_events SET event = 'x'"),
    ("audit_events_unchanged", "DELETE FROM audit_events"),
    ("audit_events_unchanged", "TRUNCATE audit_events"),
    ("audit_links_unchanged", "UPDATE audit_links SET hash = ''"),
    ("audit_links_unchanged", "DELETE FROM audit_links"),
    ("audit_links_unchanged", "TRUNCATE audit_links"),
]
