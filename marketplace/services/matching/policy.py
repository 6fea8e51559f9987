"""The policy of a run: the published numbers, with those that its procurement has changed."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from marketplace.models import policy_numbers
from optimiser import Policy

PUBLISHED: Mapping[str, Any] = policy_numbers(asdict(Policy()))


def policy_of(numbers: Mapping[str, Any]) -> Policy:
    """The policy of these numbers, named as `policy_numbers` names them; the published ones stand in for the others."""
    given = {**PUBLISHED, **numbers}
    entries: dict[str, Any] = {}
    for name, value in asdict(Policy()).items():
        if isinstance(value, dict):
            entries[name] = {key: given[f"{name}_{key}"] for key in value}
        elif isinstance(value, tuple):
            entries[name] = tuple(given[f"{name}_{place}"] for place, _ in enumerate(value, start=1))
        else:
            entries[name] = given[name]
    return Policy(**entries)


def changed(policy: Policy) -> dict[str, Any]:
    """The numbers of a policy that are not the published ones."""
    return {name: value for name, value in policy_numbers(asdict(policy)).items() if value != PUBLISHED[name]}
