"""A run's problem and answer as files in a zip: what `marketplace match` reads and writes, kept whole.

The same content gives the same bytes. It must hold no reference of an LA and no name of a person.
"""

import tempfile
import zipfile
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

from marketplace.services.archives import zip_of
from optimiser import Answer, Problem
from optimiser.answer_files import write_answer
from optimiser.files import problem_files, read_problem
from optimiser.result_files import read_result
from optimiser.standing import Standing

VERSION = version("send-marketplace")


def zip_of_problem(problem: Problem) -> bytes:
    """The batch files of a problem. Unzipped, `marketplace match` solves them again."""
    return zip_of((name, text.encode()) for name, text in problem_files(problem))


def problem_in(archive: bytes) -> Problem:
    """The problem of a zip of batch files, read back as `marketplace match` reads them. Raises BadProblem."""
    with tempfile.TemporaryDirectory() as place, zipfile.ZipFile(BytesIO(archive)) as files:
        files.extractall(place)  # ours: the names are those of `problem_files`
        return read_problem(Path(place))


def standing_in(archive: bytes) -> Standing:
    """Who has what, and the prices, of a zip of a result folder, for explanations."""
    with tempfile.TemporaryDirectory() as place, zipfile.ZipFile(BytesIO(archive)) as files:
        files.extractall(place)  # ours: the names are those of `write_answer`
        return read_result(Path(place)).standing


def zip_of_answer(problem: Problem, answer: Answer) -> bytes:
    """The result folder of `marketplace match`, with its workbook."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "answer"
        write_answer(problem, answer, folder, version=VERSION, with_workbook=True)
        return zip_of((path.name, path.read_bytes()) for path in sorted(folder.iterdir()))
