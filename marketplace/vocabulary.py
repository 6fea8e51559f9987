"""The words that people read for the codes that tables keep, in one place, in the order in which lists show them.

A code is looked up by its value, so an enumeration's member serves as well. It must never decide anything.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from pricing.framework import SettingType
from pricing.profile import Area, Band, Level
from pricing.tariff import Grade

LONDON = ZoneInfo("Europe/London")  # deadlines and validity dates go by its days

YEAR_GROUPS = {-1: "Nursery", 0: "Reception", **{year: f"Year {year}" for year in range(1, 15)}}
YEAR_BANDS = {
    "early": "Nursery to Year 2",
    "junior": "Years 3 to 6",
    "lower": "Years 7 to 9",
    "upper": "Years 10 and 11",
    "post_16": "Years 12 to 14",
}
SEXES = {"F": "Female", "M": "Male"}
INTAKES = {"mixed": "Girls and boys", "F": "Girls only", "M": "Boys only"}

AREAS = {area.value: area.words for area in Area}  # of the SEND Code of Practice (2015), chapter 6
WHY_PROFILED = {  # but for the first time
    "review": "An annual review",
    "reassessed": "A new assessment",
    "corrected": "What was written was not right",
}
SHARES = {  # into which a place is divided for split weeks; none of them: by the session
    5: "Fifths: two sessions each",
    4: "Quarters: two or three sessions each",
    2: "Halves: five sessions each",
    1: "Not at all: each pupil takes a whole place",
}
LEVELS = {int(level): level.name.capitalize() for level in Level}
BANDS = {band.value: band.value.capitalize() for band in Band}

# What each level looks like, so that two people who know the pupil would choose the same one.
LEVEL_DESCRIPTIONS: dict[str, dict[int, str]] = {
    "ci": {
        0: "Communicates as most pupils of this age do; good classroom practice is enough.",
        1: "Needs adjustments, such as simpler language, visual timetables or preparation for change.",
        2: "Needs a planned programme and regular adult support to understand, be understood or join in.",
        3: "Needs specialist teaching every day; speech is limited, or social difference disrupts most of the day.",
        4: "Communicates mainly by signs, symbols or devices, or needs an autism-specific setting all day.",
        5: "Communication is at the earliest stage, or distress about it needs constant specialist support.",
    },
    "cl": {
        0: "Learns within the range usual for this age.",
        1: "Works somewhat below this age; differentiated work and short interventions are enough.",
        2: "Works several years below this age, or has a marked specific difficulty; regular extra teaching.",
        3: "Needs an adapted curriculum and small groups for most of the week.",
        4: "Has severe learning difficulties; needs a specialist curriculum throughout.",
        5: "Has profound learning difficulties; works at the earliest stages of development.",
    },
    "semh": {
        0: "Copes with school as most pupils of this age do.",
        1: "Needs a key adult, check-ins or support with friendships.",
        2: "Needs a plan and regular adult support to stay calm, attend or take part.",
        3: "Often distressed, withdrawn or at risk of exclusion; needs a therapeutic approach every day.",
        4: "Cannot attend or stay safe without high staffing and therapy throughout the day.",
        5: "A risk to self or others at most times; needs constant skilled supervision.",
    },
    "sp": {
        0: "No sensory or physical barrier that ordinary care does not meet.",
        1: "Needs small adjustments, such as seating, enlarged print or a hearing aid checked.",
        2: "Needs regular specialist advice, equipment or help with mobility or personal care.",
        3: "Needs daily specialist teaching, therapy or help to move, see, hear or manage personal care.",
        4: "Needs help with all physical tasks, or has little useful sight or hearing.",
        5: "Needs constant physical or nursing care, or has a dual sensory loss.",
    },
}

# DfE codes of the primary type of need (school census).
PRIMARY_NEEDS = {
    "ASD": "Autistic spectrum disorder",
    "SEMH": "Social, emotional and mental health",
    "SLCN": "Speech, language and communication needs",
    "MLD": "Moderate learning difficulty",
    "SLD": "Severe learning difficulty",
    "PMLD": "Profound and multiple learning difficulty",
    "SPLD": "Specific learning difficulty",
    "DS": "Down syndrome",
    "PD": "Physical disability",
    "HI": "Hearing impairment",
    "VI": "Vision impairment",
    "MSI": "Multi-sensory impairment",
    "OTH": "Other difficulty or disability",
}

# For charts, where a long name would run into its figure on a narrow screen.
SHORT_PRIMARY_NEEDS = {
    **PRIMARY_NEEDS,
    "SLCN": "Speech, language, communication",
    "PMLD": "Profound and multiple learning",
}

FACILITIES = {
    "step_free": "Step-free throughout",
    "hoist": "Hoists and changing places",
    "hydrotherapy": "Hydrotherapy pool",
    "sensory_room": "Sensory room",
    "low_stimulus": "Low-stimulus rooms",
    "secure_grounds": "Secure grounds",
    "acoustic": "Acoustically treated classrooms",
    "braille": "Braille and tactile resources",
    "signing": "Signing throughout (British Sign Language or Makaton)",
    "nursing": "Nurse on site",
    "therapy_rooms": "Therapy rooms",
    "vocational": "Workshops for vocational courses",
}

KINDS = {"full": "Full placement", "porous": "Porous placement", "outreach": "Outreach into mainstream"}
KIND_DESCRIPTIONS = {
    "full": "Every session of the week at the special setting.",
    "porous": "A share of the week at the special setting; the mainstream school keeps the roll and the rest.",
    "outreach": "Specialist staff come into the mainstream school for some hours each week.",
}
PATTERNS = {
    "day": "Day",
    "weekly": "Weekly boarding",
    "termly": "Termly boarding (38 weeks)",
    "annual": "All year (52 weeks)",
}
PRICE_BASES = {"like_for_like": "Like for like", "contracted": "As contracted"}
SHORT_PATTERNS = {"day": "Day", "weekly": "Weekly", "termly": "Termly, 38 weeks", "annual": "All year, 52 weeks"}
GRADES = {grade.value: grade.words[0].upper() + grade.words[1:] for grade in Grade}
BASES = {"local": "Local", "proposed": "Proposed nationally, not in force", "statutory": "Statutory"}
# What a provider may say of a tariff's price of a band, and of what a framework says that a band contains.
STANCES_OF = {
    "tariff": {"agree": "Agree", "too_low": "Too low", "too_high": "Too high", "unclear": "Content unclear"},
    "framework": {"agree": "Agree", "too_low": "Too little", "too_high": "Too much", "unclear": "Unclear"},
}
UNITS = {"places": "places", "hours": "hours a week"}
SETTING_TYPES = {member.value: member.words[0].upper() + member.words[1:] for member in SettingType}
# For charts, where a long name would run into its figure on a narrow screen.
SHORT_SETTING_TYPES = {
    "nmss": "Non-maintained",
    "section41": "Section 41",
    "independent": "Other independent",
    "state_special": "State special",
    "ap": "Alternative provision",
    "resourced_mainstream": "Resourced mainstream",
}
# What the needs around a setting are told apart by.
DIMENSIONS = {"all": "All", "need": "Primary need", "level": "Highest level", "years": "Year group"}
# What benchmarks are grouped by.
GROUPS = {
    "la": "Local authority",
    "region": "Region",
    "type": "Type of setting",
    "band": "Band",
    "pattern": "Pattern",
    "provider": "Provider",
    "setting": "Setting",
}
PRIORITIES = {
    1: "1, most urgent: out of school, or a tribunal's order",
    2: "2, urgent: the placement is breaking down",
    3: "3, usual",
    4: "4, can wait a term",
    5: "5, planned ahead",
}

# On which footing a need stands: on an EHCP, or without one on the duty to arrange education.
FOOTINGS = {
    "ehcp": "Has an EHCP",
    "excluded": "No EHCP: permanently excluded",
    "suspended": "No EHCP: suspended for more than five school days",
    "at_risk": "No EHCP: at risk of exclusion, and in school",
    "out_of_school": "No EHCP: out of school for health or another reason",
}
SHORT_FOOTINGS = {
    "ehcp": "EHCP",
    "excluded": "Excluded",
    "suspended": "Suspended",
    "at_risk": "At risk",
    "out_of_school": "Out of school",
}

# Grounds on which a request is not followed, with the statute that each stands in.
GROUNDS = {
    "unsuitable": "Unsuitable for the pupil's age, ability, aptitude or special educational needs",
    "education_of_others": "Incompatible with the efficient education of others",
    "resources": "Incompatible with the efficient use of resources",
    "public_expenditure": "Unreasonable public expenditure",
}
GROUND_STATUTES = {
    "unsuitable": "Children and Families Act 2014, section 39(4)(a)",
    "education_of_others": "Children and Families Act 2014, section 39(4)(b)(i)",
    "resources": "Children and Families Act 2014, section 39(4)(b)(ii)",
    "public_expenditure": "Education Act 1996, section 9",
}

DOCUMENT_KINDS = {
    "plan": "Education, health and care plan",
    "advice": "Advice or assessment",
    "review": "Annual review",
    "other": "Other",
}

NEED_STATUSES = {
    "draft": "Draft",
    "published": "Published",
    "consulting": "Consulting",
    "offered": "Offered",
    "placed": "Placed",
    "withdrawn": "Withdrawn",
}

# What needs doing about a need, in the order of urgency.
TO_DO = {
    "overdue": "Past a deadline in law",
    "due": "Deadline within 14 days",
    "approve": "Award waiting for a second person",
    "returned": "Award returned: decide again",
    "decide": "Offered: compare and decide",
    "silent": "Reply overdue: remind, or decide without it",
    "transfer": "Transfer to adult services past its day",
    "finish": "Drafts to finish",
    "unplaced": "Nothing found: see why and what would change it",
    "choose": "Choose whom to consult",
    "wait": "Waiting for replies",
    "destination": "From year 9 without a destination plan",
    "done": "Done",
}

# What a need lacks until it is answered, by the field of the question page.
MISSING = {
    "reference": "Enter your own reference for the pupil.",
    "year_group": "Choose the year group.",
    "home": "Enter the postcode district or grid reference.",
    "mainstream": "Say what would make mainstream work, or what has been tried and why it did not.",
    "kinds": "Choose at least one kind of provision that would suit.",
    "level_ci": "Choose the level in communication and interaction.",
    "level_cl": "Choose the level in cognition and learning.",
    "level_semh": "Choose the level in social, emotional and mental health.",
    "level_sp": "Choose the level in sensory and physical needs.",
    "primary_need": "Choose the primary need.",
    "pattern": "Choose day or a pattern of boarding.",
    "priority": "Choose the priority.",
}

WITHDRAWALS = {
    "elsewhere": "A place was found outside the marketplace",
    "mainstream": "The pupil stays in mainstream",
    "moved": "The pupil moved to another authority",
    "mistake": "Posted by mistake",
}

# Where a consultation stands, as both sides read it.
CONSULTATION_STATUSES = {
    "sent": "Waiting for a reply",
    "offered": "Offers a place",
    "full": "Full",
    "refused": "Cannot meet the need",
    "withdrawn": "Withdrawn",
    "awarded": "Awarded",
    "closed": "Closed",
}

# Why a setting cannot meet a need, as it says; "full" is none in law.
REFUSAL_CODES = {
    "unsuitable_age": "It is not suitable for the pupil's age",
    "unsuitable_need": "It is not suitable for the pupil's ability, aptitude or special educational needs",
    "education_of_others": "The pupil's attendance would harm the efficient education of the others there",
    "staffing": "The staff that it would take cannot be found",
    "therapy": "It lacks a therapy that the pupil needs",
    "premises": "The building does not allow it",
    "residential": "It lacks the boarding that the pupil needs",
    "information": "More has to be known first",
    "full": "It is full",
    "other": "Another reason",
}

# Where a placement stands, what needs doing first.
PLACEMENT_STANDINGS = {
    "confirm": "To confirm: has the pupil started?",
    "suspended": "Suspended",
    "ending": "Ending: notice was given",
    "starting": "Starting",
    "running": "Running",
    "ended": "Ended",
}
# What happens to a placement, as both sides read it.
EVENT_KINDS = {
    "awarded": "Agreed",
    "started": "Started",
    "varied": "Varied",
    "repriced": "Accepted uplift applied",
    "suspended": "Suspended",
    "resumed": "Resumed",
    "notice_given": "Notice given",
    "ended": "Ended",
    "transferred": "Ended by the move to the next phase",
    "carried": "Charged for a further year",
    "undone": "Undone",
}
AFTER_END = {
    "needed_again": "Another placement is needed: post the need again",
    "not_needed": "No placement is needed any more",
    "transfer": "The pupil moves to the next phase of education, for which there is a need of its own",
}
ENDINGS = {  # the same of placements that ended, as a record counts them
    "needed_again": "Another placement was needed",
    "not_needed": "No placement was needed any more",
    "transfer": "Moved to the next phase of education",
}

# The plan of a porous placement's week.
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
SESSION_PLACES = {"special": "Special", "mainstream": "Mainstream"}
MAIN_SCHOOLS = {
    "mainstream": "The mainstream school keeps the roll, and is named in Section I of the plan",
    "special": "The special setting keeps the roll and a whole place, and is named in Section I of the plan",
}
GOALS = {
    "towards_mainstream": "Towards mainstream: more sessions there, up to a full return",
    "towards_special": "Towards the special setting: more sessions there",
    "stable": "A stable split week",
}
RIDES = {
    "none": "No session there",
    "family": "The family, or on foot",
    "authority": "Transport at the authority's cost",
    "schools": "One of the schools",
}
WHY_PLANNED = {
    "first": "The first plan of this placement",
    "progress": "The pupil has made progress",
    "difficulty": "The week as it is does not work",
    "pupil": "The pupil asks for it",
    "family": "The family asks for it",
    "staffing": "Staff or timetable of a school",
    "other": "Another reason",
}
# What a pupil is asked about belonging at each review, in the words of the younger and of the older; and the answers.
BELONGING_TO_YEAR_6 = (
    "Do you feel part of your class at your mainstream school?",
    "Do you feel part of your class at your special school?",
    "Is there a grown-up at each school who listens to you?",
    "Do you know where you are each day, and is that all right for you?",
)
BELONGING_FROM_YEAR_7 = (
    "I belong at my mainstream school",
    "I belong at the special setting",
    "In each place there is an adult who listens to me",
    "I know where I am each day, and moving between the two is all right for me",
)
BELONGING_SHORT = ("In mainstream", "At the special setting", "Somebody listens", "Moving between")
BELONGING_ANSWERS = {4: "Yes", 3: "Mostly", 2: "A little", 1: "No", 0: "Not asked, or no answer"}
REVIEW_NEXT = {
    "go_on": "The week goes on as it is",
    "change": "The week should change: propose another version",
    "end": "The split week should end: enter the end of the placement",
}
DIRECTIONS = {
    "mainstream": "Towards mainstream only",
    "special": "Towards the special setting only",
    "both": "Both ways",
    "none": "As at the start",
}
PLAN_STATUSES = {"proposed": "Proposed", "approved": "Approved", "returned": "Not approved", "withdrawn": "Withdrawn"}

# Where an outreach order stands, what needs doing first.
ORDER_STANDINGS = {
    "accept": "Asked: the provider accepts or declines",
    "agree": "Accepted: the authority agrees to the price",
    "overdue": "Over: what came of it?",
    "review": "Review due",
    "starting": "Starting",
    "running": "Running",
    "ended": "Ended",
    "given_up": "Declined or withdrawn",
}
ORDER_RESULTS = {
    "met": "Met: the target was reached",
    "partly": "Partly met",
    "not_met": "Not met",
}

# The clocks of a case in law, and what each asks for.
# Of partnerships.
MEMBER_STATUSES = {"invited": "Asked", "agreed": "Takes part", "declined": "Declined", "ended": "Over"}
TERMS = {"autumn": "Autumn term", "spring": "Spring term", "summer": "Summer term"}
GOALS_MET = {"met": "Met", "not_met": "Not met yet"}
WAITS: dict[str, tuple[int | None, str]] = {  # up to so many weeks
    "short": (4, "Up to 4 weeks"),
    "middle": (12, "Over 4, up to 12 weeks"),
    "long": (None, "Over 12 weeks"),
}

CLOCKS = {
    "final_plan": "Final plan: 20 weeks from the request for an assessment",
    "family_reply": "The family's views on the draft: at least 15 days",
    "transfer": "Plan for the next phase of education",
    "review_decision": "Decision after the annual review: 4 weeks from the meeting",
    "review_plan": "Amended plan after the annual review: 12 weeks from the meeting",
    "sixth_day": "Full-time education: from the sixth school day",
}
SHORT_CLOCKS = {
    "final_plan": "Final plan",
    "family_reply": "Family's views",
    "transfer": "Next phase",
    "review_decision": "Review decision",
    "review_plan": "Review plan",
    "sixth_day": "Sixth day",
}
TRANSFERS = {
    "school": "From one school to another, or from early years to school: by 15 February",
    "post_16": "From secondary school to post-16: by 31 March",
}
REVIEW_OUTCOMES = {
    "maintain": "The plan stays as it is",
    "amend": "The plan is amended",
    "cease": "The plan ends",
}

# On what footing an award rests.
AWARD_ROUTES = {
    "offer": "On the setting's offer",
    "silence": "Without a reply: the 15 days are over",
    "full": "Although the setting says that it is full",
    "refusal": "Against the setting's refusal, with an answer to each reason",
    "order": "By a tribunal's order",
}
# How a contract is awarded under the Procurement Act 2023.
AWARD_BASES = {
    "no_contract": "No contract: a maintained school or academy",
    "framework": "Call-off from a framework",
    "dynamic_market": "Through a dynamic market",
    "user_choice": "Direct award: user choice (Schedule 5, paragraph 15)",
    "below_threshold": "Below the threshold of the Act",
    "direct": "Direct award: another justification of Schedule 5",
}

# Why a provision is no option for a pupil: the first condition that fails, in the order in which they are tested.
REFUSALS = {
    "universal": "Ordinarily available provision meets the pupil's needs",
    "locked": "Another provision is fixed by an order",
    "request": "The parents' request for another setting is binding",
    "kind": "Not one of the kinds judged suitable",
    "pattern": "Another residential pattern",
    "age": "Does not take the year group",
    "sex": "Does not take pupils of this sex",
    "need": "Does not meet the primary need",
    "level": "A level of need is above what it meets",
    "facilities": "Lacks a facility that is essential",
    "la": "Does not serve this local authority",
    "forbidden": "Ruled out by the local authority",
    "price": "Has no published price for the band",
    "travel": "Too far to travel",
    "unregistered": "Not registered as a school, and takes too much of the week",
}

# The numbers of a matching policy that a run may be given: what each is called, what it does, its unit. Whether two
# areas at one level raise the band is not among them: in the marketplace the framework decides that.
POLICY: dict[str, tuple[str, str, str]] = {
    "circuity": ("Road distance", "Road km for each km of straight line, by which distances are estimated.", "times"),
    "max_km": ("Longest daily journey", "One way by road, for the needs that state none.", "km"),
    "cost_weight": ("What £1,000 counts as", "The more, the rather a cheaper place is taken for a longer way.", "km"),
    "preference_weight": ("What a step down the wishes counts as", "The more, the rather the wishes are met.", "km"),
    "least_restrictive_weight": (
        "What a step to a fuller kind counts as",
        (
            "A porous placement is one step beyond outreach, a full placement two. The more, the rather a pupil is "
            "given the least restrictive kind that was judged suitable; 0 is no preference. Keep it below half of what "
            "a pupil without a place counts as."
        ),
        "km",
    ),
    "unplaced_1": ("Left without a place, priority 1", "What a pupil who is left without a place counts as.", "km"),
    "unplaced_2": ("Left without a place, priority 2", "Usually half of the one above.", "km"),
    "unplaced_3": ("Left without a place, priority 3", "The usual priority.", "km"),
    "unplaced_4": ("Left without a place, priority 4", "Usually half of the one above.", "km"),
    "unplaced_5": ("Left without a place, priority 5", "Usually half of the one above.", "km"),
    "transport_rate": ("Cost of transport", "For one pupil and road km, after sharing vehicles.", "£ a km"),
    "free_below_km_1": ("No transport below, to year 2", "The law says 2 miles; entitled pupils apart.", "km"),
    "free_below_km_2": ("No transport below, from year 3", "The law says 3 miles; entitled pupils apart.", "km"),
    "journeys_day": ("Journeys a year, day", "One way each.", "journeys"),
    "journeys_weekly": ("Journeys a year, weekly boarding", "One way each.", "journeys"),
    "journeys_termly": ("Journeys a year, termly boarding", "One way each.", "journeys"),
    "journeys_annual": ("Journeys a year, 52-week boarding", "One way each.", "journeys"),
    "bound_gap": (
        "Good enough",
        "The run ends once it is proven this near to the best: 0.001 is 0.1%.",
        "of the whole",
    ),
}

# Why a run places a pupil nowhere.
UNPLACED = {
    "universal": "Ordinarily available provision meets the pupil's needs",
    "no_option": "No provision is suitable",
    "capacity": "Every suitable provision is full",
    "budget": "The budget does not reach",
    "request_full": "The setting that the parents request is full",
}


def belonging_questions(year_group: int | None) -> tuple[str, ...]:
    """The four questions about belonging, in words for the pupil's age; for the older where it is not known."""
    return BELONGING_TO_YEAR_6 if year_group is not None and year_group <= 6 else BELONGING_FROM_YEAR_7


def in_words(day: date) -> str:
    """A date as pages, messages and letters say it: "3 March 2027"."""
    return f"{day.day} {day:%B %Y}"


def moment_in_words(instant: datetime) -> str:
    """An aware instant on the London clock: "3 March 2027 at 2:05pm"."""
    local = instant.astimezone(LONDON)
    return f"{in_words(local.date())} at {local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"
