"""The reasons in plain words: km, £ and km-equivalents, what one km of a child's daily way one way counts.

It must decide nothing, and name a pupil by nothing but the reference.
"""

from optimiser.problem import RESTRICTION, Policy
from optimiser.reasons import Alternative, Counted, Reasons
from optimiser.words import amount, each, one_more_is_worth, pounds, some

REFUSED = {
    "universal": "no provision is needed",
    "locked": "another provision is fixed",
    "request": "the parent's request for another setting binds",
    "kind": "not a kind that was judged suitable",
    "pattern": "another residential pattern",
    "age": "does not take the year group",
    "sex": "does not take pupils of this sex",
    "need": "does not meet the primary need",
    "level": "a level of need is above what it meets",
    "facilities": "lacks a facility that is required",
    "la": "does not serve the LA",
    "forbidden": "ruled out for the pupil",
    "price": "has no price for the band",
    "travel": "too far to travel",
}
_MOST_REFUSED = 10
_EVEN = 0.005  # km-equivalents: what is less is nothing in the figures shown


def told(found: Reasons, policy: Policy, units: dict[str, str], detail: str) -> list[str]:
    """The whole explanation of one pupil, line by line; `detail` is the sentence on an unplaced one."""
    return [*_what(found, policy, detail), *_alternatives(found, policy, units), *_refused(found)]


def _what(found: Reasons, policy: Policy, detail: str) -> list[str]:
    pupil = found.pupil
    if found.chosen is None:
        lines = [f"{pupil.pupil} (LA {pupil.la}) is unplaced: {detail}."]
        lines.append(f"Being unplaced counts {found.unplaced:,.2f} km-equivalents at priority {pupil.priority}.")
    else:
        option = found.chosen.option
        lines = [f"{pupil.pupil} (LA {pupil.la}) is placed in {_name(found.chosen)}: {_facts(found.chosen)}."]
        lines.append(f"That counts {found.chosen.own:,.2f} km-equivalents: {_parts(found.chosen, policy)}.")
        if pupil.locked:
            lines.append(f"{option.provision} is fixed by an order or a running placement.")
        elif found.phase == "duties":
            lines.append(f"The parent's request for setting {option.setting} binds.")
    lines.append(
        "Decided with the duties, which come before any budget."
        if found.phase == "duties"
        else "Decided with the choices, within what the duties leave."
    )
    return [*lines, f"The prices are those of the {found.phase}; the answer is proven within {found.prices.gap:.3%}."]


def _name(row: Counted) -> str:
    return f"{row.option.provision} ({row.option.kind}, setting {row.option.setting})"


def _facts(row: Counted) -> str:
    return f"{amount(row.option.road_km)} km by road, {pounds(row.option.cost)} a year"


def _parts(row: Counted, policy: Policy) -> str:
    option = row.option
    parts = [
        f"{option.child_km:,.2f} for the child's way",
        f"{policy.cost_weight * option.cost / 1000:,.2f} for the cost",
    ]
    if option.wish:
        parts.append(f"{policy.preference_weight * option.wish:,.2f} for the wishes")
    if kind := policy.least_restrictive_weight * RESTRICTION[option.kind]:
        parts.append(f"{kind:,.2f} for the kind, which is not the least restrictive")
    return ", ".join(parts)


def _alternatives(found: Reasons, policy: Policy, units: dict[str, str]) -> list[str]:
    asked = found.alternatives
    if not asked:
        if found.chosen is None:
            return []
        return ["", "No other option is nearer, cheaper or better for the pupil alone."]
    which = " that is nearer, cheaper or better for the pupil alone" if found.chosen else ""
    lines = ["", f"Why not each option{which}:"]
    for row in asked:
        lines += ["", *_alternative(row, found, policy, units[row.option.pool])]
    if found.others:
        lines += ["", f"{_count(found.others, 'other option')}: farther, dearer and no better for the pupil."]
    return lines


def _alternative(row: Alternative, found: Reasons, policy: Policy, unit: str) -> list[str]:
    option, chosen = row.option, found.chosen
    name = f"{option.provision} ({option.kind}, setting {option.setting})"
    if chosen:
        km, cost = chosen.option.road_km - option.road_km, chosen.option.cost - option.cost
        way = f"{amount(abs(km))} km {'nearer' if km >= 0 else 'farther'}"
        fee = f"{pounds(abs(cost))} {'cheaper' if cost >= 0 else 'dearer'}"
        lines = [f"{name}: {amount(option.road_km)} km by road ({way}), {pounds(option.cost)} a year ({fee})."]
    else:
        lines = [f"{name}: {amount(option.road_km)} km by road, {pounds(option.cost)} a year."]
    lines.append(_sum(row, found, policy, unit))
    lines.append(_verdict(row, found))
    if not _is_free(row):
        lines.append(_needs(row, found, unit))
    if row.margin > _EVEN:
        lines.append(_changes(row, found, unit))
    return [lines[0], *(f"  {line}" for line in lines[1:])]


def _sum(row: Alternative, found: Reasons, policy: Policy, unit: str) -> str:
    """The parts that make its total, each with what it is a product of."""
    than = "the placement" if found.chosen else "being unplaced"
    parts = [f"for the pupil alone {_signed(row.own)}"]
    if found.chosen:
        parts[0] += f" ({_own(row, found.chosen, policy)})"
    price = found.prices.pools.get(row.option.pool, 0.0)
    if row.pool or price:
        product = f"{some(row.option.use, unit)} at {price:,.3f}"
        if found.chosen and found.chosen.pool:
            product += f", less {found.chosen.pool:,.2f} for what the placement takes"
        parts.append(f"its pool {row.option.pool} {_signed(row.pool)} ({product})")
    if thousand := found.prices.budgets.get(found.pupil.la, 0.0):
        parts.append(f"the budget of LA {found.pupil.la} {_signed(row.budget)} (at {thousand:,.3f} a £1,000)")
    return f"Against {than}: {'; '.join(parts)}; together {_signed(row.total)} km-equivalents."


def _own(row: Alternative, chosen: Counted, policy: Policy) -> str:
    one, other = row.option, chosen.option
    parts = [
        f"child's way {_signed(one.child_km - other.child_km)}",
        f"cost {_signed(policy.cost_weight * (one.cost - other.cost) / 1000)}",
    ]
    if one.wish != other.wish:
        parts.append(f"wishes {_signed(policy.preference_weight * (one.wish - other.wish))}")
    if kind := policy.least_restrictive_weight * (RESTRICTION[one.kind] - RESTRICTION[other.kind]):
        parts.append(f"a {'fuller' if kind > 0 else 'less restrictive'} kind {_signed(kind)}")
    return ", ".join(parts)


def _verdict(row: Alternative, found: Reasons) -> str:
    """Why it was not chosen."""
    here = "what the pupil has" if found.chosen else "no place"
    if _is_free(row) and row.own < -_EVEN:
        return (
            "There is room and money for it as the answer stands: nothing but the search explains it, which is proven "
            f"within {found.prices.gap:.3%} and did not find it."
        )
    if row.own >= -_EVEN:
        return "It is no better for this pupil by what the policy counts, whatever others want."
    if row.total > _EVEN:
        wanted = _wanted(row)
        return f"It would be better for this pupil, but {wanted} wanted more by others than by {_this(found)}."
    if row.total >= -_EVEN:
        return (
            f"At these prices it is worth as much as {here}; that pupils and places are whole decided between the two."
        )
    return (
        "At these prices it would be better, and what is left does not hold this pupil: pupils and places are whole, "
        f"and the answer is proven within {found.prices.gap:.3%} only."
    )


def _this(found: Reasons) -> str:
    return "this one" if found.chosen else "this pupil"


def _wanted(row: Alternative) -> str:
    if row.pool > _EVEN and row.budget > _EVEN:
        return "its pool and the LA's money are"
    return "the LA's money is" if row.budget > row.pool else "its pool is"


def _is_free(row: Alternative) -> bool:
    return not row.lacking and not row.missing


def _needs(row: Alternative, found: Reasons, unit: str) -> str:
    """What would have to be free for the pupil to take it."""
    needs = []
    if row.lacking:
        needs.append(f"{some(row.lacking, unit)} more in pool {row.option.pool}")
    if row.missing:
        needs.append(f"{pounds(row.missing)} more in the budget of LA {found.pupil.la}")
    return f"To take it the pupil needs {' and '.join(needs)}."


def _changes(row: Alternative, found: Reasons, unit: str) -> str:
    ways = []
    if row.pounds is not None:
        ways.append(f"were {pounds(row.pounds)} a year cheaper")
    if row.km is not None:
        ways.append(f"were {amount(row.km)} km nearer")
    if row.pool_price is not None:
        ways.append(f"drew on a pool whose price were {row.pool_price:,.3f} {each(unit)}")
    changes = (
        f"It would be the pupil's best if it {' or '.join(ways)}." if ways else "No price or way would make it so."
    )
    price = found.prices.pools.get(row.option.pool, 0.0)
    worth = one_more_is_worth(price, unit) if price else ""
    return f"{changes} In its pool {worth} to the whole answer." if worth else changes


def _refused(found: Reasons) -> list[str]:
    rows = found.refused if found.chosen else ()
    if not rows:
        return []
    lines = ["", "Nearer, and no option for the pupil:"]
    lines += [f"  {row.provision}, {amount(row.road_km)} km: {REFUSED[row.reason]}" for row in rows[:_MOST_REFUSED]]
    more = len(rows) - _MOST_REFUSED
    return [*lines, f"  and {_count(more, 'more')}"] if more > 0 else lines


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 or noun == "more" else "s")


def _signed(value: float) -> str:
    value = round(value, 2) + 0.0
    return f"{'−' if value < 0 else '+'}{abs(value):,.2f}"
