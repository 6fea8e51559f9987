"""A tariff written is the tariff that is read."""

from datetime import date
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from pricing.profile import Band
from pricing.table import Table
from pricing.tariff import Pattern, load_tariff
from pricing.tariff_text import tariff_text

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


@example(name='\x7f\\"\n', price=1, multiplier=Decimal("0.500"), start=date(2027, 4, 1))
@given(
    name=WORDS,
    price=st.integers(1, 10_000_000),
    multiplier=st.decimals(Decimal("0.5"), 10, places=3),
    start=st.dates(date(2000, 1, 1)),
)
def test_what_is_written_reads_back(tmp_path_factory, name: str, price: int, multiplier: Decimal, start: date) -> None:  # type: ignore[no-untyped-def]
    content = {
        "name": name,
        "basis": "local",
        "valid_from": start,
        "band": {"mild": price},
        "pattern": {"day": Decimal(1), "annual": multiplier},
    }
    path = tmp_path_factory.mktemp("tariff") / "tariff.toml"
    path.write_text(tariff_text(content, ["A remark."]), "utf-8", newline="")
    assert Table.of(path).content == content
    tariff = load_tariff(path)
    assert (tariff.name, tariff.valid_from) == (name.strip(), start)
    assert (tariff.band[Band.MILD], tariff.pattern[Pattern.ANNUAL]) == (100 * price, multiplier)
