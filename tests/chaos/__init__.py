"""Trials of what must hold whatever happens: contention, crashes, outages, many tenants at once. `make chaos`.

Each trial runs over HTTP against gunicorn with several processes on a PostgreSQL of its own, ends with `verify`, and
has a positive control: the same trial against a product with one guard taken out must fail, else it proves nothing.
What is taken out, and where a process is killed, is put into the trial's own server (`server.py`): the product has no
switch for it that somebody could turn.
"""
