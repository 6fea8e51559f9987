"""Several objects of a page at once, each with the version that the page showed: "12:3"."""

import re
from typing import Any

from marshmallow import ValidationError, fields

from marketplace.schemas.base import missing

NUMBER = re.compile(r"([0-9]{1,18}):([0-9]{1,9})")


class VersionsField(fields.List[str]):
    """The version of each object, by id. None at all is no answer where one is required."""

    def __init__(self, words: str = "Open the page again, then send.", **options: Any) -> None:
        super().__init__(fields.String(), error_messages={"invalid": words, **missing(words)}, **options)
        self.words = words

    def _deserialize(self, value: Any, *arguments: Any, **options: Any) -> Any:
        matched = [NUMBER.fullmatch(str(each)) for each in super()._deserialize(value, *arguments, **options)]
        versions = {int(each[1]): int(each[2]) for each in matched if each}
        if len(versions) < len(matched) or (self.required and not versions):
            raise ValidationError(self.words)
        return versions
