"""A run's problem and answer as files in a zip: what `marketplace match` reads and writes, kept whole.

The same content gives the same bytes. It must hold no reference of an LA and no name of a person.
"""

import tempfile
from importlib.metadata import version
from pathlib import Path

from marketplace.services.archives import zip_of
from optimiser import Answer, Problem
from optimiser.answer_files import write_answer
from optimiser.files import problem_files

VERSION = version("send-marketplace")


def zip_of_problem(problem: Problem) -> bytes:
    """The batch files of a problem. Unzipped, `marketplace match` solves them again."""
    return zip_of((name, text.encode()) for name, text in problem_files(problem))


def zip_of_answer(problem: Problem, answer: Answer) -> bytes:
    """The result folder of `marketplace match`, with its workbook."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "answer"
        write_answer(problem, answer, folder, version=VERSION, with_workbook=True)
        return zip_of((path.name, path.read_bytes()) for path in sorted(folder.iterdir()))
