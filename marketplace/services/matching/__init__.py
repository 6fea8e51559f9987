"""Matching over the database: the only place where the marketplace and the optimiser meet.

supply.py    what the market offers on a day, as the optimiser's rows
problem.py   needs and supply as one matching problem; `freeze` for a run
"""
