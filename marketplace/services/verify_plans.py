"""What `verify` asks of plans."""

from marketplace.services.verify_rule import Rule

PLAN_RULES = (
    Rule(
        "plans",
        "a plan is of pupils of its own authority and run, and what it has sent is what was recommended for them",
        "SELECT 'plan ' || a.id || ', row ' || x.id FROM run_applications a JOIN application_rows x"
        " ON x.application_id = a.id JOIN recommendations r ON r.id = x.recommendation_id"
        " LEFT JOIN consultations c ON c.id = x.consultation_id"
        " WHERE (r.run_id, r.authority_id) <> (a.run_id, a.authority_id) OR r.provision_id IS NULL OR c.id IS NOT NULL"
        " AND (c.authority_id, c.need_id, c.provision_id) <> (a.authority_id, r.need_id, r.provision_id)",
    ),
    Rule(
        "plans applied",
        "a plan that was applied says of each pupil what came of it, one that was undone also of what it sent, and no"
        " other says anything",
        "SELECT 'plan ' || a.id FROM run_applications a WHERE NOT EXISTS (SELECT FROM application_rows x"
        " WHERE x.application_id = a.id) OR EXISTS (SELECT FROM application_rows x WHERE x.application_id = a.id"
        " AND ((x.result IS NOT NULL) <> (a.status IN ('applied', 'undone'))"
        " OR (x.undone IS NOT NULL) <> (a.status = 'undone' AND x.consultation_id IS NOT NULL)))",
    ),
    Rule(
        "plans by two",
        "a plan is approved and applied by somebody else than who proposed it",
        "SELECT 'plan ' || id FROM run_applications WHERE proposed_by_id IN (approved_by_id, applied_by_id)"
        " OR status IN ('approved', 'applied', 'undone') AND approved_by_id IS NULL",
    ),
    Rule(
        "one plan",
        "a run has one live plan of an authority",
        "SELECT 'run ' || run_id || ', LA ' || authority_id FROM run_applications"
        " WHERE status IN ('proposed', 'approved', 'applied') GROUP BY run_id, authority_id HAVING count(*) > 1",
    ),
    Rule(
        "audit of plans",
        "every plan has an event of its proposal and of how it stands now",
        "SELECT 'plan ' || a.id FROM run_applications a CROSS JOIN LATERAL (VALUES ('proposed'), (a.status))"
        " must (event) WHERE NOT EXISTS (SELECT FROM audit_events e WHERE e.subject_type = 'run_applications'"
        " AND e.subject_id = a.id AND e.event = 'plan ' || must.event)",
    ),
)
