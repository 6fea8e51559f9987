"""What a placement costs and whether that is a fair price. Pure: no web, no database, money in whole pence."""
