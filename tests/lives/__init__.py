"""The lives of a need, a consultation, an award and a placement: one written table of what may happen, by whom, and
what comes of it; every cell of it is tried, and any order of events against a small model."""
