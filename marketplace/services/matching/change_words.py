"""The changes of a scenario in sentences, as the people who asked for them read them. It must decide nothing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marketplace import vocabulary
from marketplace.models import Kind
from marketplace.services.matching.changes import Names
from marketplace.services.matching.supply import database_id
from optimiser import Problem


def change_words(
    problem: Problem, changes: Mapping[str, Any], names: Names, authorities: Mapping[str, str]
) -> list[str]:
    """A sentence for each change; `authorities` are the names of LAs by code."""
    return list(_words(problem, changes, names, authorities))


def _words(problem: Problem, changes: Mapping[str, Any], names: Names, authorities: Mapping[str, str]) -> Iterator[str]:
    references = {pupil: name for name, pupils in names.pupils.items() if len(pupils) == 1 for pupil in pupils}
    urns = {row.provision: row.setting for row in problem.provisions}
    pools = {row.pool: row for row in problem.pools}
    for code, share in changes.get("budgets", {}).items():
        yield f"The budget of {authorities[code]} is {share}% of the base's."
    for at, more in changes.get("places", {}).items():
        pool, name = pools[at], names.pools[database_id(at)]
        yield f"{names.settings[pool.setting]}, {name}: {amount_more(more, pool.unit)}."
    for urn in changes.get("closed", ()):
        yield f"{names.settings[urn]} is closed."
    if "kinds" in changes:
        yield f"{_listed([vocabulary.KINDS[kind] for kind in Kind if kind not in changes['kinds']])}: not allowed."
    for name, value in changes.get("policy", {}).items():
        label, _, unit = vocabulary.POLICY[name]
        yield f"{label}: {value:g} {unit} in place of {getattr(problem.policy, name):g}."
    if "tariff" in changes:
        yield f"Prices are those of the tariff {changes['tariff']['name']}, where it states one."
    for pupil, row in changes.get("locked", {}).items():
        yield f"{references[pupil]} is kept at {names.settings[urns[row]]}."
    for pupil, rows in changes.get("forbidden", {}).items():
        where = sorted({names.settings[urns[row]] for row in rows})
        yield f"{_listed(where)} is ruled out for {references[pupil]}."


def amount_more(more: float, unit: str) -> str:
    """How many places or weekly hours there are more, or fewer: "2 more places", "1 fewer place"."""
    noun = {"places": "place", "hours": "weekly hour"}[unit]
    return f"{abs(more):g} {'more' if more > 0 else 'fewer'} {noun}{'' if abs(more) == 1 else 's'}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
