"""A problem from its batch files, a folder of CSV or one workbook, and back; every error of every file in one pass.

The columns are `optimiser.columns`', the rules between rows `optimiser.rules`'. Nothing is repaired: a problem comes
from files without any error, or not at all.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import count
from os.path import lexists
from pathlib import Path
from typing import Any

from optimiser.columns import TABLES
from optimiser.errors import BadProblem, FileError, UnreadableFile
from optimiser.policy_file import policy_text, read_policy
from optimiser.problem import Policy, Problem
from optimiser.rules import rule_errors
from optimiser.tables import Line, Rows, read_rows
from optimiser.workbook import open_workbook

POLICY = "policy.toml"
MAX_BYTES = 1_000_000_000  # of one CSV file
TEMPLATE_REMEDY = "`marketplace match --template FOLDER` writes an example of every file."


def read_problem(path: Path, policy: Path | None = None) -> Problem:
    """The problem in a folder of CSV files or an .xlsx workbook, its rows ordered by key.

    `policy` takes the place of the folder's policy.toml. Raises BadProblem with everything that is wrong.
    """
    errors: list[FileError] = []
    if path.suffix.lower() == ".xlsx" and path.is_file():
        sheets = _read_workbook(path, errors)
    elif path.is_dir():
        sheets = _read_folder(path, errors)
    else:
        raise BadProblem([_no_problem(path)])
    errors.extend(rule_errors(sheets))
    if policy is None and lexists(path / POLICY):  # whatever stands there: a folder or a dead link is not "no policy"
        policy = path / POLICY
    chosen = read_policy(policy, errors) if policy else Policy()
    if errors:
        raise BadProblem(_in_order(errors))
    return Problem(**{name: tuple(rows.rows) for name, rows in sheets.items()}, policy=chosen).ordered()


def write_problem(problem: Problem, folder: Path) -> None:
    """Write the problem's files into an existing folder, rows ordered by key; `read_problem` gives the same problem."""
    for name, text in problem_files(problem):
        write_text(folder / name, text)


def problem_sha256(problem: Problem) -> str:
    """The SHA-256, in hex, of the files that `write_problem` writes; the order of rows does not matter."""
    digest = hashlib.sha256()
    for name, text in problem_files(problem):
        for part in (name.encode(), text.encode()):
            digest.update(len(part).to_bytes(8, "big") + part)  # its length, so that no two problems run together
    return digest.hexdigest()


def problem_files(problem: Problem) -> Iterator[tuple[str, str]]:
    """Each file's name and text, in one canonical form; optional files without rows are left out."""
    ordered = problem.ordered()
    for name, table in TABLES.items():
        rows = getattr(ordered, name)
        if rows or table.is_required:
            lines = ([column.text_of(row) for column in table.columns] for row in rows)
            yield f"{name}.csv", csv_text([column.name for column in table.columns], lines)
    yield POLICY, policy_text(problem.policy)


def csv_text(header: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """A CSV file as text: commas, quotes where needed, each line ended by a line feed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue()


def json_text(content: Mapping[str, Any]) -> str:
    """A JSON file as text, for people and programmes to read."""
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_text(path: Path, text: str) -> None:
    """The text as it is, in UTF-8, whatever the system's line ends."""
    path.write_text(text, "utf-8", newline="")


def csv_lines(path: Path) -> Iterator[Line]:
    """The lines of a CSV file. Raises UnreadableFile where it stops being one."""
    lines = csv.reader(io.StringIO(_decoded(path), newline=""), strict=True)
    for number in count(1):
        try:
            line = next(lines, None)
        except csv.Error as error:
            remedy = "Look for a quotation mark that is not closed; a quotation mark inside quotes is written twice."
            raise UnreadableFile(f"is not CSV from here on ({error})", remedy, number) from None
        if line is None:
            return
        yield line


def _decoded(path: Path) -> str:
    remedy = 'Save it as "CSV UTF-8 (comma delimited)".'
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableFile("is larger than 1 GB", "Split the problem into smaller ones.")
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"cannot be read ({error.strerror})", "Check the name and the rights.") from None
    if (at := content.find(b"\0")) >= 0:
        raise UnreadableFile("holds a NUL byte, so it is no CSV text", remedy, content.count(b"\n", 0, at) + 1)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile("is not UTF-8 text", remedy, content.count(b"\n", 0, error.start) + 1) from None


def _read_folder(folder: Path, errors: list[FileError]) -> dict[str, Rows]:
    files = {f"{name}.csv": name for name in TABLES}
    names = sorted(entry.name for entry in folder.iterdir())
    sources = {files[name]: csv_lines(folder / name) for name in names if name in files}
    errors.extend(_misnamed([name for name in names if (folder / name).is_file()], [*files, POLICY], "file"))
    return _read_sheets(folder.name, "{}.csv", sources, errors)


def _read_workbook(path: Path, errors: list[FileError]) -> dict[str, Rows]:
    try:
        with open_workbook(path) as sheets:
            errors.extend(_misnamed(list(sheets), list(TABLES), "sheet"))
            errors.extend(_policy_sheets(sheets))
            sources = {name: lines for name, lines in sheets.items() if name in TABLES}
            return _read_sheets(path.name, f"{path.name}, sheet {{}}", sources, errors)
    except UnreadableFile as error:
        raise BadProblem([FileError(path.name, None, "", "", error.problem, error.remedy)]) from None


def _read_sheets(
    where: str, label: str, sources: Mapping[str, Iterable[Line]], errors: list[FileError]
) -> dict[str, Rows]:
    """The rows of every table; `label` makes the name that errors give to a table's file."""
    if not sources:
        wanted = ", ".join(label.format(name) for name, table in TABLES.items() if table.is_required)
        raise BadProblem([FileError(where, None, "", "", f"holds none of {wanted}", TEMPLATE_REMEDY)])
    sheets = {}
    for name, table in TABLES.items():
        file = label.format(name)
        if name in sources:
            sheets[name] = read_rows(table, file, sources[name], errors)
        else:
            sheets[name] = Rows(table, file, is_known=False)
            if table.is_required:
                errors.append(FileError(file, None, "", "", "is required and is missing", TEMPLATE_REMEDY))
    return sheets


def _misnamed(names: list[str], known: list[str], noun: str) -> Iterator[FileError]:
    """A name that is nearly one of ours is a slip that would lose its rows unseen; others are not our matter."""
    absent = [name for name in known if name not in names]
    for name in names:
        said = name.lower().removesuffix(".txt")  # which Windows puts on and hides
        near = get_close_matches(said, absent, n=1, cutoff=0.85) if name not in known else []
        if near:
            problem = f"is nearly the name of a {noun} that is read, and is not read"
            yield FileError(name, None, "", "", problem, f"Rename it to {near[0]}, or move it away.")


def _policy_sheets(names: Iterable[str]) -> Iterator[FileError]:
    """Somebody put the policy into the workbook, where it would be lost unseen."""
    for name in names:
        if name.lower() in ("policy", POLICY):
            remedy = "Write it to a policy.toml, give that with --policy, and delete the sheet."
            yield FileError(name, None, "", "", "is a sheet that is not read", remedy)


def _no_problem(path: Path) -> FileError:
    if not path.exists():
        return FileError(str(path), None, "", "", "does not exist", "Give a folder of CSV files or an .xlsx workbook.")
    problem = "is neither a folder of CSV files nor an .xlsx workbook"
    return FileError(path.name, None, "", "", problem, "Save a spreadsheet as .xlsx; put CSV files into a folder.")


def _in_order(errors: list[FileError]) -> list[FileError]:
    """By file in the order of the tables, then by row; columns stay in the order of the file."""
    files = list(dict.fromkeys(error.file for error in errors))
    return sorted(errors, key=lambda error: (files.index(error.file), error.row or 0))
