"""Verify: what must hold of the data whatever happened, each rule one query that names the rows which break it.

Run after each restore, each night, and after every trial of crash or contention (`marketplace verify`). It must never
mend anything, and goes by tables alone: code that wrote a wrong row cannot excuse it here.
"""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.services.verify_plans import PLAN_RULES
from marketplace.services.verify_rule import Rule

MOST_NAMED = 10  # rows of a breach that are named

_LIVE_CLAIMS = "SELECT vacancy_id, sum(amount) AS amount FROM claims WHERE ended_at IS NULL GROUP BY vacancy_id"
_LIVE_LINES = (
    "SELECT l.* FROM ledger_lines l WHERE l.reverses_id IS NULL"
    " AND NOT EXISTS (SELECT FROM ledger_lines r WHERE r.reverses_id = l.id)"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """How many rows break a rule, and the first of them."""

    rule: Rule
    count: int
    rows: tuple[str, ...]


RULES = (
    Rule(
        "capacity",
        "what is taken of a vacancy is what live claims take of it, and no more than is open",
        f"SELECT 'vacancy ' || v.id FROM vacancies v LEFT JOIN ({_LIVE_CLAIMS}) c ON c.vacancy_id = v.id"
        " WHERE v.used <> coalesce(c.amount, 0) OR v.used < 0 OR v.used > v.amount",
    ),
    Rule(
        "claims",
        "an award that is proposed or made takes something, and no other does",
        "SELECT 'award ' || a.id FROM awards a WHERE (a.status IN ('proposed', 'made')) <>"
        " EXISTS (SELECT FROM claims c WHERE c.award_id = a.id AND c.ended_at IS NULL)",
    ),
    Rule(
        "holds",
        "what holds a place for an offer or a proposal says until when; what a placement or an order takes does not",
        "SELECT 'claim ' || c.id FROM claims c LEFT JOIN awards a ON a.id = c.award_id WHERE c.ended_at IS NULL"
        " AND (c.held_until IS NULL) <> (coalesce(a.status, '') = 'made' OR c.order_id IS NOT NULL)",
    ),
    Rule(
        "one award",
        "a need has one live award",
        "SELECT 'need ' || need_id FROM awards WHERE status IN ('proposed', 'made')"
        " GROUP BY need_id HAVING count(*) > 1",
    ),
    Rule(
        "placed",
        "a need is placed when an award of it is made, and no other is",
        "SELECT 'need ' || n.id FROM needs n WHERE (n.status = 'placed') <>"
        " EXISTS (SELECT FROM awards a WHERE a.need_id = n.id AND a.status = 'made')",
    ),
    Rule(
        "placements",
        "an award that was made has one placement, which has ended when the award has",
        "SELECT 'award ' || a.id FROM awards a LEFT JOIN placements p ON p.award_id = a.id WHERE"
        " (a.status IN ('made', 'ended')) <> (p.id IS NOT NULL) OR (a.status = 'ended') <> (p.status = 'ended')",
    ),
    Rule(
        "porous weeks",
        "a porous placement that has started has the sessions of the plan that was approved last",
        "SELECT 'placement ' || p.id FROM placements p JOIN provisions v ON v.id = p.provision_id LEFT JOIN LATERAL"
        " (SELECT * FROM porous_plans q WHERE q.placement_id = p.id AND q.status = 'approved'"
        " ORDER BY q.starts_on DESC, q.number DESC LIMIT 1) q ON true"
        " WHERE v.kind = 'porous' AND p.status IN ('started', 'suspended') AND (q.id IS NULL OR"
        " p.sessions <> cardinality(array_positions(q.week, 'special'))"
        " OR p.is_on_roll <> (q.main = 'special'))",
    ),
    Rule(
        "not registered",
        "a setting that is not registered as a school takes nobody full-time",
        "SELECT 'provision ' || v.id FROM provisions v JOIN settings s ON s.id = v.setting_id WHERE NOT s.is_registered"
        " AND (v.kind = 'full' OR v.sessions > 5) UNION ALL SELECT 'placement ' || p.id FROM placements p"
        " JOIN settings s ON s.id = p.setting_id JOIN needs n ON n.id = p.need_id JOIN provisions v"
        " ON v.id = p.provision_id WHERE NOT s.is_registered AND (v.kind = 'full' OR p.is_on_roll"
        " OR p.sessions > CASE n.footing WHEN 'ehcp' THEN 4 ELSE 5 END)",
    ),
    Rule(
        "ways back",
        "a placement without an EHCP that has started has a plan of the way back, and ends no later than it says",
        "SELECT 'placement ' || p.id FROM placements p JOIN needs n ON n.id = p.need_id JOIN provisions v"
        " ON v.id = p.provision_id LEFT JOIN LATERAL (SELECT * FROM reintegration_plans r WHERE r.placement_id = p.id"
        " ORDER BY r.number DESC LIMIT 1) r ON true WHERE n.footing <> 'ehcp' AND v.kind <> 'outreach'"
        " AND p.status IN ('started', 'suspended') AND (r.id IS NULL OR p.ends_on > r.ends_on)",
    ),
    Rule(
        "offers",
        "a consultation is offered when it has an offer, and refused or full when it has reasons",
        "SELECT 'consultation ' || c.id FROM consultations c WHERE c.status IN ('sent', 'offered', 'full', 'refused')"
        " AND ((c.status = 'offered') <> EXISTS (SELECT FROM offers o WHERE o.consultation_id = c.id)"
        " OR (c.status IN ('full', 'refused')) <>"
        " EXISTS (SELECT FROM refusal_reasons r WHERE r.consultation_id = c.id))",
    ),
    Rule(
        "needs",
        "a need stands where its open consultations put it",
        "SELECT 'need ' || n.id FROM needs n LEFT JOIN (SELECT need_id, bool_or(status = 'offered') AS offered"
        " FROM consultations WHERE status IN ('sent', 'offered', 'full', 'refused') GROUP BY need_id) c"
        " ON c.need_id = n.id WHERE (n.status = 'offered') <> coalesce(c.offered, false)"
        " OR (n.status = 'consulting') <> coalesce(NOT c.offered, false)",
    ),
    Rule(
        "told",
        "whoever was consulted is owed a message, unless nobody is there to read it",
        "SELECT 'consultation ' || c.id FROM consultations c WHERE EXISTS (SELECT FROM users u JOIN user_roles r"
        " ON r.user_id = u.id WHERE u.organisation_id = c.provider_id AND r.role = 'provider_editor' AND u.is_active"
        " AND u.created_at < c.sent_at) AND c.sent_at > now() - interval '7 days'"
        " AND NOT EXISTS (SELECT FROM messages m WHERE m.key LIKE 'consultation ' || c.id || ' sent, to %')",
    ),
    Rule(
        "audit of awards",
        "every award that was made or proposed has its event",
        "SELECT 'award ' || a.id FROM awards a WHERE NOT EXISTS (SELECT FROM audit_events e WHERE"
        " e.subject_type = 'awards' AND e.subject_id = a.id AND e.event = 'award proposed')"
        " OR a.status IN ('made', 'ended') AND NOT EXISTS (SELECT FROM audit_events e WHERE"
        " e.subject_type = 'awards' AND e.subject_id = a.id AND e.event = 'award made')",
    ),
    Rule(
        "audit of placements",
        "every event of a placement has its event in the audit trail",
        "SELECT 'placement ' || p.placement_id || ' event ' || p.number FROM placement_events p WHERE NOT EXISTS"
        " (SELECT FROM audit_events e WHERE e.subject_type = 'placements' AND e.subject_id = p.placement_id"
        " AND e.data->>'number' = p.number::text)",
    ),
    Rule(
        "audit chain",
        "the audit trail is whole: nothing in it was changed, removed or put elsewhere",
        "SELECT 'link ' || position FROM (SELECT l.position, l.hash, e.id AS event,"
        " 1 + lag(l.position, 1, 0::bigint) OVER chain AS place,"
        " audit_hash(lag(l.hash, 1, ''::bytea) OVER chain, e) AS expected FROM audit_links l"
        " LEFT JOIN audit_events e ON e.id = l.event_id WINDOW chain AS (ORDER BY l.position)) links"
        " WHERE event IS NULL OR hash <> expected OR position <> place"
        " UNION ALL SELECT 'event ' || e.id FROM audit_events e"
        " WHERE NOT EXISTS (SELECT FROM audit_links l WHERE l.event_id = e.id)"
        " UNION ALL SELECT 'the head' FROM audit_heads h WHERE h.position <>"
        " (SELECT coalesce(max(l.position), 0) FROM audit_links l) OR h.position > 0 AND NOT EXISTS"
        " (SELECT FROM audit_links l WHERE l.position = h.position AND l.hash = h.hash)",
    ),
    Rule(
        "ledger totals",
        "the total of an LA and a financial year is the sum of its lines",
        "SELECT 'LA ' || coalesce(t.authority_id, s.authority_id) || ', ' || coalesce(t.year, s.year)"
        " FROM ledger_totals t FULL JOIN (SELECT authority_id, year, sum(amount) AS amount FROM ledger_lines"
        " GROUP BY authority_id, year) s USING (authority_id, year) WHERE t.amount IS DISTINCT FROM s.amount",
    ),
    Rule(
        "reversals",
        "a reversal undoes one line wholly",
        "SELECT 'line ' || r.id FROM ledger_lines r JOIN ledger_lines l ON l.id = r.reverses_id WHERE"
        " (r.authority_id, r.placement_id, r.order_id, r.year, r.starts_on, r.ends_on, r.band, r.fee, r.amount)"
        " IS DISTINCT FROM (l.authority_id, l.placement_id, l.order_id, l.year, l.starts_on, l.ends_on, l.band, l.fee,"
        " -l.amount)",
    ),
    Rule(
        "corrections",
        "what undoes an event undoes an earlier one of the same placement, and neither an award nor a correction",
        "SELECT 'event ' || u.id FROM placement_events u JOIN placement_events e ON e.id = u.undoes_id WHERE"
        " u.placement_id <> e.placement_id OR u.number <= e.number OR e.kind IN ('awarded', 'carried', 'undone')",
    ),
    Rule(
        "charged once",
        "no day of a placement is charged twice, and none outside it",
        f"WITH live AS ({_LIVE_LINES}) SELECT 'lines ' || a.id || ' and ' || b.id FROM live a JOIN live b"
        " ON a.placement_id = b.placement_id AND a.id < b.id"
        " AND daterange(a.starts_on, a.ends_on, '[]') && daterange(b.starts_on, b.ends_on, '[]')"
        " UNION ALL SELECT 'line ' || l.id FROM live l JOIN placements p ON p.id = l.placement_id"
        " WHERE l.starts_on < p.starts_on OR l.ends_on > p.ends_on",
    ),
    Rule(
        "prices kept",
        "an award's price is that of its lines with the variation, and its schedule held when it was made",
        "SELECT 'award ' || a.id FROM awards a JOIN price_schedules s ON s.id = a.schedule_id WHERE s.status = 'draft'"
        " OR a.price <> a.variation + (SELECT coalesce(sum((line->>'amount')::bigint), 0)"
        " FROM jsonb_array_elements(a.lines) line WHERE line->>'part' <> 'equipment')",
    ),
    Rule(
        "published prices",
        "no two published schedules of a setting hold on one day",
        "SELECT 'schedules ' || a.id || ' and ' || b.id FROM price_schedules a JOIN price_schedules b"
        " ON a.setting_id = b.setting_id AND a.id < b.id AND a.status <> 'draft' AND b.status <> 'draft'"
        " AND daterange(a.starts_on, a.ends_on) && daterange(b.starts_on, b.ends_on)",
    ),
    Rule(
        "one run",
        "one matching run is active in a region or an LA",
        "SELECT 'scope ' || scope_id FROM matching_runs WHERE status IN ('queued', 'running') AND base_id IS NULL"
        " GROUP BY scope_id HAVING count(*) > 1",
    ),
    Rule(
        "scenarios",
        "a scenario says what it makes otherwise, and its base is a done run of the same scope, itself no scenario",
        "SELECT 'scenario ' || s.id FROM matching_runs s LEFT JOIN matching_runs b ON b.id = s.base_id"
        " WHERE s.base_id IS NOT NULL AND ((b.scope_id, b.status) IS DISTINCT FROM (s.scope_id, 'done')"
        " OR b.base_id IS NOT NULL OR NOT EXISTS (SELECT FROM scenario_changes c WHERE c.run_id = s.id))",
    ),
    Rule(
        "studies",
        "a study is of a done run, of the same scope, that is no scenario",
        "SELECT 'study ' || s.id FROM studies s LEFT JOIN matching_runs r ON r.id = s.run_id"
        " WHERE (r.scope_id, r.status) IS DISTINCT FROM (s.scope_id, 'done') OR r.base_id IS NOT NULL",
    ),
    Rule(
        "order hours",
        "an outreach order without a placement that is accepted or runs takes its hours a week, and no other any",
        "SELECT 'order ' || o.id FROM outreach_orders o LEFT JOIN (SELECT order_id, sum(amount) AS amount FROM claims"
        " WHERE ended_at IS NULL GROUP BY order_id) c ON c.order_id = o.id WHERE coalesce(c.amount, 0) <>"
        " CASE WHEN o.placement_id IS NULL AND o.status IN ('accepted', 'running') THEN o.hours_a_week ELSE 0 END",
    ),
    Rule(
        "order charges",
        "an outreach order without a placement is charged its price for its days, once agreed, and no other anything",
        f"WITH live AS ({_LIVE_LINES}) SELECT 'order ' || o.id FROM outreach_orders o LEFT JOIN (SELECT order_id,"
        " sum(amount) AS amount, sum(ends_on - starts_on + 1) AS days, min(starts_on) AS first, max(ends_on) AS last"
        " FROM live GROUP BY order_id) c ON c.order_id = o.id WHERE CASE"
        " WHEN o.placement_id IS NOT NULL OR o.status NOT IN ('running', 'ended') THEN c.order_id IS NOT NULL"
        " ELSE (c.first, c.last, c.days) IS DISTINCT FROM (o.starts_on, coalesce(o.ended_on, o.ends_on),"
        " coalesce(o.ended_on, o.ends_on) - o.starts_on + 1) OR c.amount > o.price"
        " OR coalesce(o.ended_on, o.ends_on) = o.ends_on AND c.amount <> o.price END",
    ),
    Rule(
        "order visits",
        "a visit lies within its order, and names a school of it where schools share the hours",
        "SELECT 'visit ' || v.id FROM order_visits v JOIN outreach_orders o ON o.id = v.order_id WHERE"
        ' v.undone_at IS NULL AND (v."on" NOT BETWEEN o.starts_on AND coalesce(o.ended_on, o.ends_on)'
        " OR EXISTS (SELECT FROM order_shares s WHERE s.order_id = o.id) <> (v.share_id IS NOT NULL)"
        " OR (v.share_id IS NOT NULL AND v.share_id NOT IN"
        " (SELECT s.id FROM order_shares s WHERE s.order_id = o.id)))",
    ),
    Rule(
        "order shares",
        "the shares of the schools of an order come to 100",
        "SELECT 'order ' || order_id FROM order_shares GROUP BY order_id HAVING sum(share) <> 100",
    ),
    Rule(
        "audit of orders",
        "every outreach order has an event of its beginning, and of how it stands now",
        "SELECT 'order ' || o.id FROM outreach_orders o CROSS JOIN LATERAL (VALUES"
        " (CASE WHEN o.placement_id IS NULL THEN 'asked' ELSE 'ordered' END), (CASE o.status WHEN 'running' THEN"
        " CASE WHEN o.placement_id IS NULL THEN 'agreed' ELSE 'ordered' END ELSE o.status END)) must (event)"
        " WHERE NOT EXISTS (SELECT FROM audit_events e WHERE e.subject_type = 'outreach_orders' AND e.subject_id = o.id"
        " AND e.event = 'outreach ' || must.event)",
    ),
    Rule(
        "destination plans",
        "the versions of a pupil's plan run from 1 on in the order of their days, and each has an aim",
        "SELECT 'destination plan ' || id FROM (SELECT id, version, \"on\", row_number() OVER versions AS number,"
        ' lag("on") OVER versions AS before FROM destination_plans'
        ' WINDOW versions AS (PARTITION BY need_id ORDER BY version)) p WHERE version <> number OR before > "on"'
        " OR NOT EXISTS (SELECT FROM destination_aims a WHERE a.plan_id = p.id)",
    ),
    *PLAN_RULES,
)


def verify(session: Session) -> list[Finding]:
    """What breaks each rule, in the order of RULES; the transaction must be the system's, which sees every row."""
    findings = []
    session.execute(text("SET LOCAL statement_timeout = '30min'"))  # the whole audit trail is read, and nobody waits
    for rule in RULES:
        query = f"SELECT breach, count(*) OVER () FROM ({rule.breaches}) found (breach) ORDER BY breach LIMIT :most"
        rows = session.execute(text(query), {"most": MOST_NAMED}).all()
        findings.append(Finding(rule, rows[0][1] if rows else 0, tuple(row[0] for row in rows)))
    return findings
