"""The words that people read for the codes of plans: a part of the vocabulary, in the order of its lists.

A code is looked up by its value, so an enumeration's member serves as well. It must never decide anything.
"""

APPLICATION_STATUSES = {
    "proposed": "Waits for a second person",
    "approved": "Approved, not applied yet",
    "returned": "Returned",
    "applied": "Applied",
    "undone": "Undone",
}
ROW_RESULTS = {
    "consulted": "Consulted",
    "skipped": "Not consulted",
    "left_out": "Left out",
}
ROWS_UNDONE = {
    "withdrawn": "Withdrawn when the plan was undone",
    "stays": "Stays: it had gone on when the plan was undone",
}
