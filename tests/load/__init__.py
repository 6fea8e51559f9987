"""Load: many people at once on the demonstration beside a running solve, as `make load` tries it."""
