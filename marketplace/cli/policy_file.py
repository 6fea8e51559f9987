"""A policy file of `marketplace runs start`, read by the schema that reads the form."""

import tomllib
from pathlib import Path
from typing import Any

from marshmallow import RAISE, ValidationError

from marketplace.errors import BadFiles, Fault
from marketplace.models import policy_numbers
from marketplace.schemas.policy import PolicySchema

EXAMPLE = "`marketplace match --template FOLDER` writes a policy file with every entry."
UNKNOWN = f"There is no such entry. {EXAMPLE}"


def read_policy(path: Path) -> dict[str, Any]:
    """The numbers of the file, named as `policy_numbers` names them. Raises BadFiles with every fault."""
    try:
        given = policy_numbers(tomllib.loads(path.read_text("utf-8-sig")))
    except OSError as error:
        raise BadFiles([Fault(path.name, None, "", "", f"cannot be read ({error.strerror}).")]) from error
    except (ValueError, RecursionError) as error:  # also of bytes that are no text
        raise BadFiles([Fault(path.name, None, "", "", f"is not TOML ({error}). {EXAMPLE}")]) from error
    schema = PolicySchema(unknown=RAISE)
    schema.error_messages["unknown"] = UNKNOWN
    try:
        numbers: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        faults = (
            Fault(path.name, None, name, str(given.get(name, "")), messages[0])
            for name, messages in error.messages_dict.items()
        )
        raise BadFiles(faults) from error
    return numbers
