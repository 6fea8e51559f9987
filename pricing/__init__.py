"""What a placement costs and whether that is a fair price. Pure: no web, no database, money in whole pence.

To follow a price: `profile` turns a need into a band by a `framework`; a provider's `schedule` states what it asks for
that band; a `tariff` and its `guide` price say what one would expect; a `quote` sets the two side by side.
"""
