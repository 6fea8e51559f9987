"""Benchmarks: published prices of full placements, like for like, beside each other.

survey.py      all prices in force on a day, compared once and kept; the worker makes a new one when anything changes
corridors.py   the corridor of a survey: fitted, kept, read again
standings.py   what each provider is told of its peers, worked out beforehand: never a rival's figure
told.py        a provider's prices beside what it is told
prices.py      the prices of the latest survey that answer a question, with their settings' names
figures.py     prices grouped, with quartiles where there are enough, and sums that add up
own.py         the settings that are an LA's or region's own, which pages mark, and why
places.py      where one setting's price stands: band, peers, corridor, step by step
table.py       the columns of the table, once for the page and its downloads
export.py      the table as CSV and as a workbook

Only buyers read a survey; row-level security says so too. It must never change a price.
"""
