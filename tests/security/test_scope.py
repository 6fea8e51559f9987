"""Where one act reaches beyond its actor's own rows it says so: by `as_system`, or by a transaction of the system in a
page. Here is every such place with its reason; one that is not in the list, or is there no more, fails."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "marketplace"
# Function → why its actor's own scope is not enough. What each may do is asked before, by its use case.
AS_SYSTEM = {
    "capacity.take": "an LA's award takes a place of a provider's vacancy, and keeps for whom",
    "capacity.take_back": "what an LA undoes takes the provider's place again",
    "capacity.free": "an award that ends, or a reply that changes, gives back a place of the other side's pool",
    "capacity.settle": "the claim on a provider's vacancy is held for good once the LA's award is made",
    "case_history.timeline": "the trail of an organisation is its own; of objects that both sides see, both read it",
    "consultation_steps.lock_consultation": "a provider's reply locks the need first, which no provider may read",
    "explanations.explain_recommendation": "an LA's pupil is placed beside others; it reads how urgent those are",
    "file_runs.start_run_of_files": "what a run is asked is written by the system alone, so that nobody changes it",
    "identities._openings": "an LA is told which providers opened who its pupil is; their trail is their own",
    "market._negotiations": "a region is told which LA negotiates how many uplifts; what is asked is not its to read",
    "messages.outstanding": "the operator is told how many messages wait and why some failed; whose they are it is not",
    "messages.resend_failed": "the operator queues again what was given up, without reading a message",
    "outbox.tell_people": "the people of the other side are owed a message, whom the actor may not know",
    "outbox.tell_person": "one person of the other side is owed a message, whom the actor may not know",
    "oversight.overseen": "the operator is told sums of regions, rounded or withheld; whose cases they are it is not",
    "partnership_reports.work_out_figures": "other authorities' pupils are counted, and what may be told is kept",
    "plan_checks.hold": "what a plan rests on is a provider's to change, and must not be changed while it is applied",
    "placement_charges.recharge": "the ledger is the LA's, also where the provider gives the notice that changes it",
    "replies._replied": "a provider's reply moves the LA's need to its next status; no provider may read a need",
}
# The same for whole transactions of the system in pages; workers and commands are the system themselves.
OF_SYSTEM = {
    "guards._authenticate": "whom a token of the API admits must be known before anybody is",
    "guards._load": "whose session a cookie is of must be known before anybody is",
    "sessions.post_sign_in": "whose address this is must be known before anybody is",
    "sessions.sign_out": "sessions are nobody's rows to write but the system's",
    "counters.incr": "tries are counted for everybody together, also for who is not signed in",
    "counters.get": "tries are counted for everybody together, also for who is not signed in",
    "counters.get_expiry": "tries are counted for everybody together, also for who is not signed in",
    "counters.reset": "tries are counted for everybody together, also for who is not signed in",
    "counters.clear": "tries are counted for everybody together, also for who is not signed in",
    "uplifts.show": "an assessment is over all LAs; of it each reader is shown what it may know",
}


def callers(folder: str, is_one: str) -> set[str]:
    """Every function below a folder of the product with a call that reads like this, as "module.function"."""
    found = set()
    for path in sorted((PACKAGE / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                calls = (ast.unparse(part) for part in ast.walk(node) if isinstance(part, ast.Call))
                if any(call.startswith(is_one) for call in calls):
                    found.add(f"{path.stem}.{node.name}")
    return found


def test_every_rise_beyond_the_actors_own_rows_is_listed_with_its_reason() -> None:
    assert callers("", "as_system(") | callers("", "db.as_system(") == set(AS_SYSTEM)


def test_every_page_that_acts_as_the_system_is_listed_with_its_reason() -> None:
    kinds = ("transaction(SYSTEM", "repeated(SYSTEM")
    found = {each for folder in ("web", "api") for kind in kinds for each in callers(folder, kind)}
    found |= {each for each in callers("", kinds[0]) if each.startswith("counters.")}
    assert found == set(OF_SYSTEM)


def test_no_use_case_begins_a_transaction_or_speaks_to_row_level_security_itself() -> None:
    assert callers("services", "transaction(") == set()
    assert "set_config" not in "".join(path.read_text() for path in (PACKAGE / "services").rglob("*.py"))
