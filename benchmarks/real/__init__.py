"""Real England: a matching problem on the real settings, LAs and small areas of the public data folder.

Settings, areas and statistics are real; vacancies, needs met, prices, pupils and budgets are invented or derived, and
`provenance` names every column with how it was made. No real school may bear an invented price in the product: what
is printed are aggregates, never a school with a price, and rows are written only to the folder that the user names.
The public data are read from `../shared/data` or `MARKETPLACE_REAL_DATA` and are never copied into the product.
"""
