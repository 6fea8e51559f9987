"""The words that people read for the codes of destinations: a part of the vocabulary, in the order of its lists.

A code is looked up by its value, so an enumeration's member serves as well. It must never decide anything.
"""

PATHWAYS = {
    "education": "Education and training",
    "employment": "Employment",
    "independent_living": "Independent living",
    "community": "Friends, relationships and community",
    "health": "Health",
}
SHORT_PATHWAYS = {**PATHWAYS, "community": "Community"}
QUESTIONS = {  # what a pupil may be asked, so that the aim is in the pupil's own words
    "education": "What would you like to learn next, and where?",
    "employment": "What work would you like to do, or try?",
    "independent_living": "Where would you like to live, and what would you like to do by yourself?",
    "community": "Whom would you like to be with, and what would you like to join?",
    "health": "What would you like to do by yourself to keep well?",
}
ADULT_SERVICES = {
    "social_care": "Adult social care",
    "health": "Adult health services",
    "mental_health": "Adult mental health services",
    "continuing_care": "NHS continuing healthcare",
}
DESTINATIONS = {
    "school_sixth_form": "School sixth form",
    "fe_college": "Further education college",
    "special_post_16": "Special post-16 institution",
    "supported_internship": "Supported internship",
    "apprenticeship": "Apprenticeship",
    "higher_education": "Higher education",
    "training": "Other training",
    "working": "No study: in work",
    "paid": "Paid work",
    "paid_with_support": "Paid work with support",
    "voluntary": "Voluntary work",
    "studying": "No work: in education or training",
    "neet": "Not in education, employment or training",
    "own_home": "A home of one’s own",
    "supported_living": "Supported living",
    "shared_lives": "Shared Lives",
    "family_home": "With the family",
    "residential": "Residential care",
    "takes_part": "Takes part, without support",
    "takes_part_with_support": "Takes part, with support",
    "hardly_takes_part": "Hardly takes part",
    "adult_services": "Adult services have taken over",
    "gp": "The GP alone, with a yearly health check",
    "waiting": "Waiting for adult services",
    "no_service": "No service has taken over",
    "not_needed": "None is needed",
    "unknown": "Not known",
}
AIMS_MET = {
    "met": "Yes, as the pupil aimed",
    "partly": "Partly",
    "not_met": "No",
    "no_aim": "There was no aim: it was never discussed",
}
SHORT_AIMS_MET = {"met": "Aim met", "partly": "Partly", "not_met": "Not met", "no_aim": "No aim"}
HELD = {"yes": "Still so", "no": "Not any more", "not_known": "Not known"}
HELD_SO_FAR = {**HELD, "not_known": "Not known, or not yet"}  # as a report counts them
TRANSFER_STANDINGS = {"overdue": "Overdue", "due": "To come", "done": "Done", "closed": "Closed without a transfer"}
COVERAGE = {"with_plan": "With a plan", "without_plan": "Without one"}
DISCUSSED = {"discussed": "Discussed", "not_yet": "Not yet discussed"}
COLUMNS = {  # of the figures of outcomes: by what they tell apart, and how
    "aim": {"met": "Aim met", "partly": "Partly met", "not_met": "Not met", "no_aim": "No aim"},
    "six_months": {"yes": "6 months: still so", "no": "6 months: no more", "not_known": "6 months: not known"},
    "a_year": {"yes": "A year: still so", "no": "A year: no more", "not_known": "A year: not known"},
}
SPLITS = {  # of the outcomes, as the report tells them
    "aim": "Was it the pupil’s aim?",
    "six_months": "After six months",
    "a_year": "After a year",
}
