"""Which of the three things in law an "independent special school" is, where DfE's own lists contradict each other.

DfE's lists of March 2022 name some schools twice: as approved under section 41 and, without approval, as an "other
independent special school". The rule: **an approval wins**. The section 41 list is the Secretary of State's and
carries a date; the other list says "No" only because it was not matched with it. A school that is on no list is *not
stated*; it counts as not approved, since approval exists only by being listed, and it is counted in the output.
The type that GIAS gives wins over the lists for every other school.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from benchmarks.real.sources import DataError, Sources

APPROVED, NOT_APPROVED = "Approved", "No"
STATE_SPECIAL = frozenset(
    {
        "Community special school",
        "Foundation special school",
        "Academy special converter",
        "Academy special sponsor led",
        "Free schools special",
    }
)
ALTERNATIVE = frozenset(
    {
        "Academy alternative provision converter",
        "Academy alternative provision sponsor led",
        "Free schools alternative provision",
    }
)
NON_MAINTAINED = "Non-maintained special school"
INDEPENDENT = "Other independent special school"


@dataclass(frozen=True)
class LegalTypes:
    """The setting type by URN, and the URNs where the sources contradict each other or are silent."""

    setting_type: Mapping[str, str]
    contradictions: tuple[str, ...]
    not_stated: tuple[str, ...]


def listed_statuses(sources: Sources) -> dict[str, frozenset[str]]:
    """Every section 41 status that DfE's lists and settings.csv give a URN; entries without a match are left out."""
    statuses: dict[str, set[str]] = defaultdict(set)
    for row in sources["dfe_section41_and_inmss_list_2022"].rows():
        if row["matched_urn"]:
            statuses[str(int(float(row["matched_urn"])))].add(row["section41"])
    for row in sources["settings"].rows():
        if row["section41_mar2022"]:
            statuses[row["urn"]].add(row["section41_mar2022"])
    return {urn: frozenset(given) for urn, given in statuses.items()}


def legal_types(schools: Iterable[tuple[str, str]], statuses: Mapping[str, frozenset[str]]) -> LegalTypes:
    """The legal type of each (URN, GIAS type) by the rule above; DataError for a GIAS type that is not known."""
    types: dict[str, str] = {}
    contradictions, not_stated = [], []
    for urn, gias_type in schools:
        given = statuses.get(urn, frozenset())
        types[urn] = _type(gias_type, is_approved=APPROVED in given)
        if gias_type == INDEPENDENT:
            if given > {APPROVED}:
                contradictions.append(urn)
            elif not given:
                not_stated.append(urn)
        elif given & {APPROVED, NOT_APPROVED}:
            contradictions.append(urn)
    return LegalTypes(types, tuple(contradictions), tuple(not_stated))


def _type(gias_type: str, *, is_approved: bool) -> str:
    if gias_type in STATE_SPECIAL:
        return "state_special"
    if gias_type in ALTERNATIVE:
        return "ap"
    if gias_type == NON_MAINTAINED:
        return "nmss"
    if gias_type == INDEPENDENT:
        return "section41" if is_approved else "independent"
    raise DataError(f"settings.csv holds a type that has no place in the model: {gias_type}")
