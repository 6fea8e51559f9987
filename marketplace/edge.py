"""What pages and the API share at the edge: which ids an address may bear, and where plain http is spoken at all."""

import re
from typing import Any

from werkzeug.routing import IntegerConverter, Map

LOOPBACK = re.compile(r"^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$")
ONLY_HERE = "Plain http is for this machine only. Unset MARKETPLACE_PLAIN_HTTP and serve over https."


class IdConverter(IntegerConverter):
    """<int:…> in an address: a number that a row can have. An address with any other is no page."""

    def __init__(self, map: Map, **options: Any) -> None:  # noqa: A002 - werkzeug's name
        super().__init__(map, **{"min": 1, "max": 2**63 - 1, **options})
