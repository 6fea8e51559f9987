"""Statements that break the rules of plans."""

from tests.database.case_breakers import FIRST, again

BREAKERS = {
    "uq_run_applications_live": again("run_applications", id=999),
    "ck_run_applications_two_people": "UPDATE run_applications SET approved_by_id = proposed_by_id",
    "ck_run_applications_applied_by_second": "UPDATE run_applications SET applied_by_id = proposed_by_id",
    "ck_run_applications_approved": "UPDATE run_applications SET approved_at = NULL",
    "ck_run_applications_returned": "UPDATE run_applications SET returned_at = now()",
    "ck_run_applications_reason": "UPDATE run_applications SET reason = 'x'",
    "ck_run_applications_applied": "UPDATE run_applications SET applied_at = NULL",
    "ck_run_applications_undone": "UPDATE run_applications SET undone_at = now()",
    "uq_application_rows_application_id_recommendation_id": """INSERT INTO application_rows
            (application_id, recommendation_id) SELECT application_id, recommendation_id FROM application_rows""",
    "uq_application_rows_consultation_id": """UPDATE application_rows SET consultation_id =
                                              (SELECT min(consultation_id) FROM application_rows)""",
    "ck_application_rows_consulted": "UPDATE application_rows SET consultation_id = NULL",
    "ck_application_rows_words": "UPDATE application_rows SET words = 'x'",
    "ck_application_rows_undone_of_consulted": """UPDATE application_rows SET consultation_id = NULL,
                                                  result = 'skipped', words = 'x', undone = 'stays'""",
}

# Set together with other columns.
INDIRECT = {
    "ck_run_applications_status": """UPDATE run_applications SET status = 'nonsense', applied_at = NULL,
                                     applied_by_id = NULL""",
    "ck_application_rows_result": "UPDATE application_rows SET result = 'nonsense', consultation_id = NULL",
    "fk_application_rows_consultation_id": f"""UPDATE application_rows SET consultation_id = -1
                                               WHERE {FIRST.format("application_rows")}""",
}
