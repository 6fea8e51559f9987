"""The words in which the scopes of a token are shown to people."""

SCOPES = {
    "needs:read": "Read needs and their ranked options",
    "needs:write": "Post, change, publish and withdraw needs",
    "consultations:read": "Read consultations",
    "placements:read": "Read placements",
    "capacity:read": "Read settings, what they offer and what is vacant",
    "capacity:write": "Confirm and change vacancies",
    "prices:read": "Read published prices",
    "runs:read": "Read matching runs and what they recommend",
    "runs:write": "Start matching runs",
    "budgets:read": "Read budgets",
    "budgets:write": "Set budgets",
}
