"""The marketplace: facts in PostgreSQL, pages and commands over them; joins pricing and the optimiser."""
