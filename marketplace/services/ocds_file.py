"""What an LA publishes of a year's awards as a release package of the Open Contracting Data Standard 1.1.

A release is what was awarded to one provider in one financial year. The same year gives the same bytes, whenever it is
written: its date is the instant at which the year ended. Source: https://standard.open-contracting.org/1.1/en/schema/.
"""

import json
from collections.abc import Iterator
from typing import Any

from marketplace.services.open_contracting import Awarded, Publication

LICENCE = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
SERVICES = {"scheme": "CPV", "id": "80340000", "description": "Special education services"}
MOST = 10**15  # pence: up to here the shortest decimal of a float is the amount itself


def package_json(found: Publication, *, prefix: str, uri: str) -> bytes:
    """The package as a file. `prefix` begins each open contracting id, `uri` is where the package is read."""
    return (json.dumps(package(found, prefix=prefix, uri=uri), indent=2, ensure_ascii=False) + "\n").encode()


def package(found: Publication, *, prefix: str, uri: str) -> dict[str, Any]:
    """The package as JSON's own types; it has releases only where something is told."""
    return {
        "uri": uri,
        "version": "1.1",
        "publishedDate": found.ended_at.isoformat(),
        "publisher": {"name": found.authority.name},
        "license": LICENCE,
        "releases": [_release(found, each, prefix) for each in found.told],
    }


def pounds(pence: int) -> int | float:
    """Pounds that JSON writes with the very digits of the pence.

    >>> pounds(4_800_000), pounds(123_456_789), pounds(7)
    (48000, 1234567.89, 0.07)
    """
    assert 0 <= pence < MOST
    return pence // 100 if pence % 100 == 0 else pence / 100


def _release(found: Publication, awarded: Awarded, prefix: str) -> dict[str, Any]:
    ocid = f"{prefix}-{found.authority.code}-{found.year}-{awarded.provider_id or 'others'}"
    return {
        "ocid": ocid,
        "id": f"{ocid}-award",
        "date": found.ended_at.isoformat(),
        "tag": ["award"],
        "initiationType": "tender",
        "language": "en",
        "parties": list(_parties(found, awarded)),
        "buyer": _buyer(found),
        "awards": [_award(found, awarded)],
    } | _related(awarded)


def _award(found: Publication, awarded: Awarded) -> dict[str, Any]:
    years = f"{found.year}-{(found.year + 1) % 100:02}"
    whom = "several providers together" if awarded.others else awarded.name
    award: dict[str, Any] = {
        "id": "1",
        "title": f"Placements for pupils with special educational needs, {whom}, {years}",
        "description": (
            "All placements awarded in this financial year, at the prices a year of the days on which they were"
            " awarded, without transport and without place funding that is paid anyway. At least five pupils: no award"
            " for one pupil is published by itself."
        ),
        "status": "active",
        "value": {"amount": pounds(awarded.value), "currency": "GBP"},
        "items": [{"id": "1", "description": "Places and support", "classification": SERVICES}],
    }
    return award if awarded.others else award | {"suppliers": [_supplier(awarded)]}


def _parties(found: Publication, awarded: Awarded) -> Iterator[dict[str, Any]]:
    yield _buyer(found) | {"roles": ["buyer"]}
    if not awarded.others:
        yield _supplier(awarded) | {"roles": ["supplier"]}


def _buyer(found: Publication) -> dict[str, Any]:
    return {"id": f"la-{found.authority.code}", "name": found.authority.name}


def _supplier(awarded: Awarded) -> dict[str, Any]:
    return {"id": f"provider-{awarded.provider_id}", "name": awarded.name}


def _related(awarded: Awarded) -> dict[str, Any]:
    """The notices of what it was called off from, where there are any."""
    notices = [
        {"id": str(n), "relationship": ["framework"], "scheme": "Find a Tender", "identifier": notice}
        for n, notice in enumerate(awarded.notices, start=1)
    ]
    return {"relatedProcesses": notices} if notices else {}
