"""Which pupil goes where, and why not there. Pure: no web, no database."""
