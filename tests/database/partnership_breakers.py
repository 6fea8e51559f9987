"""Statements that break the rules of partnerships."""

from tests.database.case_breakers import FIRST, again

SETTING = """INSERT INTO partnership_members SELECT (jsonb_populate_record(t, '{"id": 999}')).*
             FROM partnership_members t WHERE t.id = (SELECT min(id) FROM partnership_members WHERE kind = %s)"""

BREAKERS = {
    "uq_partnerships_lead_id_name": again("partnerships", id=999),
    "ck_partnerships_name": "UPDATE partnerships SET name = ''",
    "uq_partnership_members_authority": again("partnership_members", id=999),
    "uq_partnership_members_setting": SETTING % "'setting'",
    "uq_partnership_members_urn": SETTING % "'school'",
    "ck_partnership_members_setting": "UPDATE partnership_members SET setting_id = NULL WHERE kind = 'setting'",
    "ck_partnership_members_school": "UPDATE partnership_members SET school = NULL, urn = NULL WHERE kind = 'school'",
    "ck_partnership_members_urn_of_school": "UPDATE partnership_members SET urn = NULL WHERE kind = 'school'",
    "ck_partnership_members_urn": "UPDATE partnership_members SET urn = 99999 WHERE kind = 'school'",
    "ck_partnership_members_ends_on": "UPDATE partnership_members SET ends_on = starts_on",
    "ck_partnership_members_decided": "UPDATE partnership_members SET decided_at = NULL",
    "ck_partnership_members_entered": "UPDATE partnership_members SET status = 'invited' WHERE kind = 'school'",
    "uq_registers_member_id_year_term": again("registers", id=999),
    "ck_registers_whole": "UPDATE registers SET needs = '{}'",
    "ck_registers_counts": "UPDATE registers SET support[1] = -1",
    "ck_partnership_decisions_due_on": 'UPDATE partnership_decisions SET due_on = "on" - 1',
    "ck_partnership_decisions_result": "UPDATE partnership_decisions SET result = 'x'",
    "ck_partnership_decisions_result_on": """UPDATE partnership_decisions SET result = 'x', result_on = "on" - 1""",
    "uq_partnership_reports_partnership_id_year_term": again("partnership_reports", id=999),
    "uq_report_rows_report_id_number": again("report_rows", id=999),
    "ck_report_rows_discreet": """UPDATE report_rows SET figures = '{"plans": 4}'""",
}
# On one row, where both sides' together would break another rule.
INDIRECT = {
    "fk_partnerships_lead_id": f"UPDATE partnerships SET lead_id = -1 WHERE {FIRST.format('partnerships')}",
    "fk_partnership_members_partnership_id": f"""UPDATE partnership_members SET partnership_id = -1
                                                 WHERE {FIRST.format("partnership_members")}""",
    "fk_partnership_members_setting_id": "UPDATE partnership_members SET setting_id = -id WHERE kind = 'setting'",
    "fk_registers_member_id": f"UPDATE registers SET member_id = -1 WHERE {FIRST.format('registers')}",
    "fk_partnership_reports_partnership_id": f"""UPDATE partnership_reports SET partnership_id = -1
                                                 WHERE {FIRST.format("partnership_reports")}""",
    "fk_report_rows_report_id": f"UPDATE report_rows SET report_id = -1 WHERE {FIRST.format('report_rows')}",
}
