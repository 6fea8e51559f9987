"""The demonstration: a generated, fictional region, built whole from a seed and a day.

region.py    when it is built, reused or refused; the order of building
names.py     invented names
chance.py    draws that are the same each time
places.py    six local authorities in the North Sea: boundaries, districts, where a setting or home may lie
people.py    organisations, and an account for every role in each
offer.py     what each kind of setting offers, to whom
supply.py    settings with their provisions, pools and vacancies
prices.py    price schedules from the demonstration tariff
placements.py today's placements with their prices, a tariff fitted to them, a shadow run
demand.py    pupils' needs
preferences.py what parents ask for, what an order fixes, what is ruled out
uplifts.py   indices, and requests for other prices at different stages
acts.py      one use case on its day
cases.py     consultations, replies, an award that waits, placements with what happened to them
split_weeks.py plans and reviews of split weeks
outreach_orders.py outreach with its outcome, visits and result
budgets.py   what each local authority can spend
tariffs.py   tariffs on the way, with what providers say of them

Nothing here is about a real place, school or person, and nothing of it may ever be mixed with what is.
"""

from marketplace.services.demonstration.people import PASSWORD
from marketplace.services.demonstration.region import SEED, build_demonstration

__all__ = ["PASSWORD", "SEED", "build_demonstration"]
