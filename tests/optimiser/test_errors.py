"""An error in words: with its place, only what there is, and a value that can be read."""

import pytest

from optimiser.errors import BadProblem, FileError, shown


@pytest.mark.parametrize(
    ("error", "told", "words"),
    [
        (
            FileError("pupils.csv", 3, "la", "x", "is not known", "Give a code."),
            'pupils.csv, row 3, la: "x" is not known. Give a code.',
            "Is not known. Give a code.",
        ),
        (
            FileError("a.csv", 0, "", "", "is wrong", "Mend it."),
            "a.csv, row 0: is wrong. Mend it.",
            "Is wrong. Mend it.",
        ),
        (FileError("a.csv", None, "", "", "", "Mend it."), "a.csv: . Mend it.", ". Mend it."),
    ],
)
def test_an_error_is_told_with_its_place_and_only_what_there_is(error: FileError, told: str, words: str) -> None:
    assert str(error) == told
    assert error.words == words


def test_all_errors_of_a_problem_are_told_one_in_a_line() -> None:
    errors = [FileError("a.csv", row, "", "", "is wrong", "Mend it.") for row in (2, 3)]
    assert str(BadProblem(errors)) == "a.csv, row 2: is wrong. Mend it.\na.csv, row 3: is wrong. Mend it."


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("x" * 80, f'"{"x" * 80}"'),
        ("x" * 81, f'"{"x" * 80}…"'),
        ("it's\n1", '"it\'s\\n1"'),
        ("\x07", '"\\x07"'),
        ("\n" * 41, '"' + "\\n" * 40 + '…"'),
    ],
)
def test_a_value_is_quoted_on_one_line_at_a_length_that_can_be_read(value: str, quoted: str) -> None:
    assert shown(value) == quoted
