"""policy.toml: read strictly into a Policy, and written with what each number means.

It must never hold a default: those are `optimiser.problem.Policy`'s.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from optimiser.cells import exact
from optimiser.errors import FileError, UnreadableFile
from optimiser.problem import PATTERNS, Policy

MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One number of the policy from `low` to `high`, or a list of `length` of them; `length` 0 is one number."""

    meaning: str
    low: float
    high: float
    length: int = 0

    @property
    def form(self) -> str:
        number = f"from {self.low:,.15g} to {self.high:,.15g}"
        return f"a list of {self.length} numbers {number}" if self.length else f"a number {number}"

    def accepts(self, value: object) -> bool:
        if self.length:
            return isinstance(value, list) and len(value) == self.length and all(map(self._is_number, value))
        return self._is_number(value)

    def _is_number(self, value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high


ENTRIES = {
    "circuity": Entry("road km per straight-line km (Ballou et al. 2002, England)", 1, 10),
    "max_km": Entry("daily travel, one way, by road", 0, 2_000),
    "cost_weight": Entry("km-equivalents per £1,000", 0, 1_000_000),
    "preference_weight": Entry("km-equivalents per step down the wishes", 0, 1_000_000),
    "least_restrictive_weight": Entry(
        "km-equivalents per step to a fuller kind (outreach 0, porous 1, full 2); 0 is off", 0, 1_000_000
    ),
    "unplaced": Entry("km-equivalents of a pupil unplaced, priority 1 to 5", 0, 1_000_000_000, length=5),
    "transport_rate": Entry("£ per road km per pupil, after sharing", 0, 1_000),
    "free_below_km": Entry("no transport up to here: to year 2; from year 3", 0, 100, length=2),
    "journeys": Entry("one-way trips a year by pattern", 1, 1_000),
    "co_occurrence": Entry("two areas at the highest level raise the band", 0, 1),
    "bound_gap": Entry("stop when the proven gap is at most this", 0, 1),
}
FORMS = {name: entry.form for name, entry in ENTRIES.items()} | {
    "journeys": f"a table of whole numbers from 1 to 1,000 under {', '.join(PATTERNS)}",
    "co_occurrence": "true or false",
}

# Entries younger than results that are kept: as published they change neither what a problem is written as nor its
# SHA-256, so that a result of before can still be explained.
ADDED = frozenset({"least_restrictive_weight"})

Complaint = tuple[str, object, str, str]  # name, value, problem, remedy


def read_policy(path: Path, errors: list[FileError]) -> Policy:
    """The policy of the file. What is wrong goes to `errors`, and the published number stands in for it."""
    try:
        text = _text(path)
        given = tomllib.loads(text)
    except UnreadableFile as error:
        errors.append(FileError(path.name, None, "", "", error.problem, error.remedy))
        return Policy()
    except (ValueError, RecursionError) as error:  # ValueError itself comes from a number of too many digits
        row = re.search(r"at line (\d+)", str(error))
        remedy = "Write one entry a line, as name = number; # begins a remark."
        problem = f"is not TOML ({error})"
        errors.append(FileError(path.name, int(row[1]) if row else None, "", "", problem, remedy))
        return Policy()
    values: dict[str, Any] = {}
    for name, value in given.items():
        complaints = list(_complaints(name, value))
        row_number = _row(text, name)
        errors.extend(FileError(path.name, row_number, at, str(bad), what, how) for at, bad, what, how in complaints)
        if not complaints:
            values[name] = _typed(name, value)
    return _whole(Policy(**values), path.name, text, errors)


def _whole(policy: Policy, file: str, text: str, errors: list[FileError]) -> Policy:
    """The policy, if its numbers agree with each other; otherwise without the one that does not."""
    if not policy.leaves_full_unplaced:
        return policy
    name, least = "least_restrictive_weight", min(policy.unplaced)
    problem = f"would leave pupils without a full place: two steps count as much as the {exact(least)} of unplaced"
    remedy = f"Give a number below {exact(least / 2)}, half of the least of unplaced, or raise those."
    errors.append(FileError(file, _row(text, name), name, exact(policy.least_restrictive_weight), problem, remedy))
    return replace(policy, least_restrictive_weight=0.0)


def policy_text(policy: Policy, *, with_remarks: bool = False) -> str:
    """The file that reads back as this policy; the remarks say what each number means and may be.

    Without remarks an entry of ADDED that is as published is left out.
    """
    lines = []
    for name, entry in ENTRIES.items():
        if not with_remarks and name in ADDED and getattr(policy, name) == getattr(Policy(), name):
            continue
        if with_remarks:
            lines.append(f"# {entry.meaning}: {FORMS[name]}")
        lines.append(f"{name} = {_toml(getattr(policy, name))}")
    return "\n".join(lines) + "\n"


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableFile("is larger than 1 MB", "Give a policy file: a dozen lines of TOML.")
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableFile("is not UTF-8 text", "Save it as plain text, UTF-8.") from None
    except OSError as error:
        raise UnreadableFile(f"cannot be read ({error.strerror})", "Check the name and the rights.") from None


def _complaints(name: str, value: object) -> Iterator[Complaint]:
    if name not in ENTRIES:
        yield name, "", "is not an entry of the policy", f"Delete it; the entries are {', '.join(ENTRIES)}."
    elif name == "co_occurrence":
        if not isinstance(value, bool):
            yield name, value, "is neither true nor false", f"Give {FORMS[name]}."
    elif name == "journeys":
        yield from _journey_complaints(value)
    elif not ENTRIES[name].accepts(value):
        yield name, value, "is not what stands here", f"Give {FORMS[name]}."


def _journey_complaints(value: object) -> Iterator[Complaint]:
    if not isinstance(value, dict):
        yield "journeys", value, "is not a table", f"Give {FORMS['journeys']}."
        return
    for pattern, trips in value.items():
        if pattern not in PATTERNS:
            yield f"journeys.{pattern}", trips, "is not a residential pattern", f"Use {', '.join(PATTERNS)}."
        elif not isinstance(trips, int) or not ENTRIES["journeys"].accepts(trips):
            yield f"journeys.{pattern}", trips, "is not a number of trips", "Give a whole number from 1 to 1,000."


def _typed(name: str, value: Any) -> Any:
    default = getattr(Policy(), name)
    if isinstance(default, dict):
        return default | value
    return tuple(map(float, value)) if isinstance(default, tuple) else type(default)(value)


def _row(text: str, name: str) -> int | None:
    """The line on which an entry begins."""
    found = re.search(rf"""^\s*\[?["']?{re.escape(name)}["']?\s*[=.\]]""", text, re.MULTILINE)
    return text.count("\n", 0, found.end()) + 1 if found else None


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{pattern} = {value[pattern]}" for pattern in PATTERNS) + " }"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(exact, value)) + "]"
    assert isinstance(value, float)
    return exact(value)
