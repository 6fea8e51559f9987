"""A run's problem and answer as files in a zip: what `marketplace match` reads and writes, kept whole.

The same content gives the same bytes. It must hold no reference of an LA and no name of a person.
"""

import tempfile
import zipfile
from collections.abc import Iterable
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

from optimiser import Answer, Problem
from optimiser.answer_files import write_answer
from optimiser.files import problem_files

VERSION = version("send-marketplace")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can state: equal files shall make equal archives


def zip_of_problem(problem: Problem) -> bytes:
    """The batch files of a problem. Unzipped, `marketplace match` solves them again."""
    return _zip((name, text.encode()) for name, text in problem_files(problem))


def zip_of_answer(problem: Problem, answer: Answer) -> bytes:
    """The result folder of `marketplace match`, with its workbook."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "answer"
        write_answer(problem, answer, folder, version=VERSION, with_workbook=True)
        return _zip((path.name, path.read_bytes()) for path in sorted(folder.iterdir()))


def _zip(files: Iterable[tuple[str, bytes]]) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED, compresslevel=6)
    return content.getvalue()
