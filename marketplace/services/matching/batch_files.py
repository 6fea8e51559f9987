"""A problem from files that somebody sends: a zip of the batch files, or a workbook. All that is wrong is told at once.

Nothing is unpacked that would take more than a batch may, and no name in a zip reaches beyond its folder.
"""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from marketplace.errors import BadFiles, Fault
from marketplace.services.archives import zip_of
from optimiser import Problem
from optimiser.answer_files import errors_text
from optimiser.columns import TABLES
from optimiser.errors import BadProblem, FileError
from optimiser.files import POLICY, problem_files, read_problem
from optimiser.template import EXAMPLE

MOST_PUPILS = 20_000  # a web page takes; more go by `marketplace match`
MOST_UNZIPPED = 150_000_000  # bytes: some five times what so many pupils take
MOST_ENTRIES = 50
MOST_ROWS = 500_000  # of any one file: journeys that are known are the most
MOST_RATIO = 100  # unzipped to zipped
FILES = (*(f"{name}.csv" for name in TABLES), POLICY)
_MORE = "Use `marketplace match` for more."
_REMEDY = "Zip the folder of CSV files again, or save a workbook as .xlsx."


def read_batch(path: Path, name: str) -> Problem:
    """The problem of a zip or workbook, sent under the name. Raises BadFiles with everything that is wrong."""
    try:
        with _opened(path, name) as place:
            problem = read_problem(place)
    except BadProblem as bad:
        raise BadFiles(Fault(e.file, e.row, e.column, e.value, e.words) for e in bad.errors) from bad
    if len(problem.pupils) > MOST_PUPILS:
        words = f"There are {len(problem.pupils):,} pupils; a page takes {MOST_PUPILS:,}."
        raise BadFiles([Fault("pupils.csv", None, "", "", f"{words} {_MORE}")])
    return problem


def faults_text(faults: tuple[Fault, ...]) -> str:
    """The list of faults as a file of its own: the columns of the command's errors.csv."""
    return errors_text(FileError(f.file, f.row, f.column, f.value, *_parted(f.words)) for f in faults)


def example_zip() -> bytes:
    """Every batch file with its heading and examples, which together are a small problem that solves."""
    return zip_of((name, text.encode()) for name, text in problem_files(EXAMPLE))


def _parted(words: str) -> tuple[str, str]:
    problem, _, remedy = words.partition(". ")
    return problem, remedy


@contextmanager
def _opened(path: Path, name: str) -> Iterator[Path]:
    """What `read_problem` reads: the workbook under its own name, or the folder that the zip holds."""
    with tempfile.TemporaryDirectory() as place:
        if name.lower().endswith(".xlsx"):
            yield path.rename(Path(place) / "workbook.xlsx")
            return
        if not name.lower().endswith(".zip"):
            raise _refused(name, "is neither a zip of CSV files nor a workbook (.xlsx)")
        folder = Path(place) / "files"
        folder.mkdir()
        _unzip(path, name, folder)
        yield folder


def _unzip(path: Path, name: str, folder: Path) -> None:
    """The batch files of a zip, whatever folder in it they lie in; others are left."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            unzipped = sum(entry.file_size for entry in entries)
            if len(entries) > MOST_ENTRIES:
                raise _refused(name, f"holds {len(entries):,} files, and at most {MOST_ENTRIES} are looked at")
            if unzipped > MOST_UNZIPPED or unzipped > MOST_RATIO * max(1, path.stat().st_size):
                raise _refused(name, "unpacks to far more than a batch of this size holds")
            for entry in entries:
                file = Path(entry.filename.replace("\\", "/")).name
                if file.startswith(".") or "__MACOSX" in entry.filename:
                    continue  # what a system puts beside the files
                if (folder / file).exists():
                    raise _refused(name, f"holds {file} twice, in two folders")
                _write(archive, entry, folder / file)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _refused(name, "cannot be unzipped") from error


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, place: Path) -> None:
    """One file, no longer than it says that it is: what lies about its length is a bomb."""
    with archive.open(entry) as source:
        content = source.read(entry.file_size + 1)
    if len(content) > entry.file_size:
        raise zipfile.BadZipFile
    rows, most = content.count(b"\n") - 1, MOST_PUPILS if place.name == "pupils.csv" else MOST_ROWS
    if rows > most:  # before each of them is read
        raise BadProblem(
            [FileError(place.name, None, "", "", f"holds {rows:,} rows, and a page takes {most:,}", _MORE)]
        )
    place.write_bytes(content)


def _refused(name: str, problem: str) -> BadProblem:
    return BadProblem([FileError(name, None, "", "", problem, _REMEDY)])
