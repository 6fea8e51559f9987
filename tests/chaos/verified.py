"""What `verify` finds broken."""

from marketplace.db import transaction
from marketplace.permissions import SYSTEM
from marketplace.services.verify import verify


def breaches() -> dict[str, int]:
    """How many rows break each rule that is broken."""
    with transaction(SYSTEM) as session:
        return {finding.rule.name: finding.count for finding in verify(session) if finding.count}
