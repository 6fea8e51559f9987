"""What each kind of setting of the demonstration offers, and to whom. Invented, so that every kind and pattern of
provision, every type of setting and every primary need comes up. Numbers are what a draw is weighted by."""

from dataclasses import dataclass

from marketplace.models import Discipline, Pattern, SettingType

ALL_THROUGH, PRIMARY, SECONDARY, UPPER = (-1, 14), (-1, 6), (7, 11), (7, 14)
LOW_AGE = {-1: 3, 0: 4, 1: 5, 5: 9, 7: 11}
HIGH_AGE = {6: 11, 11: 16, 14: 19}


@dataclass(frozen=True, slots=True)
class Specialism:
    """Whom a setting is for: primary needs, the highest levels it meets (ci, cl, semh, sp), facilities, therapies."""

    words: str
    needs: tuple[str, ...]
    levels: tuple[int, int, int, int]
    facilities: tuple[str, ...]
    therapies: tuple[Discipline, ...]


AUTISM = Specialism(
    "Autism", ("ASD", "SLCN", "SEMH", "MLD", "OTH"), (5, 4, 4, 3), ("low_stimulus", "sensory_room", "secure_grounds"),
    (Discipline.SALT, Discipline.OCCUPATIONAL),
)  # fmt: skip
LEARNING = Specialism(
    "Learning difficulties", ("MLD", "SLD", "ASD", "SLCN", "DS", "SPLD", "OTH"), (4, 4, 3, 3),
    ("step_free", "sensory_room", "therapy_rooms", "signing"), (Discipline.SALT,),
)  # fmt: skip
COMPLEX = Specialism(
    "Complex needs", ("SLD", "PMLD", "PD", "MSI", "ASD", "DS", "VI", "HI"), (5, 5, 3, 5),
    ("step_free", "hoist", "hydrotherapy", "nursing", "sensory_room", "therapy_rooms", "signing"),
    (Discipline.PHYSIO, Discipline.SALT),
)  # fmt: skip
WELLBEING = Specialism(
    "Social, emotional and mental health", ("SEMH", "ASD", "MLD", "SPLD", "SLCN", "OTH"), (4, 3, 5, 2),
    ("low_stimulus", "secure_grounds", "vocational"), (Discipline.PSYCHOLOGY,),
)  # fmt: skip
SENSORY = Specialism(
    "Sensory and physical needs", ("HI", "VI", "MSI", "PD"), (4, 4, 3, 5),
    ("step_free", "acoustic", "braille", "signing", "therapy_rooms", "nursing"), (Discipline.SALT, Discipline.PHYSIO),
)  # fmt: skip
SPEECH = Specialism(
    "Speech and language", ("SLCN", "SPLD", "MLD", "ASD", "DS"), (5, 3, 3, 2), ("acoustic", "therapy_rooms", "signing"),
    (Discipline.SALT,),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """So many settings of one type and specialism. Chances are that one of them also offers porous placements or
    outreach; `boarding` are the patterns that it offers beside day places."""

    count: int
    type: SettingType
    specialism: Specialism
    years: tuple[tuple[int, int], ...]
    places: tuple[int, int]  # open now to each stage, from and to
    porous: float = 0
    outreach: float = 0
    boarding: tuple[Pattern, ...] = ()
    is_local: bool = False  # serves its own LA only


STATE, NMSS, SECTION41 = SettingType.STATE_SPECIAL, SettingType.NMSS, SettingType.SECTION41
INDEPENDENT, AP, RESOURCED = SettingType.INDEPENDENT, SettingType.AP, SettingType.RESOURCED_MAINSTREAM
WEEKLY, TERMLY, ANNUAL = Pattern.WEEKLY, Pattern.TERMLY, Pattern.ANNUAL

PLANS = (
    Plan(count=6, type=STATE, specialism=LEARNING, years=(PRIMARY, UPPER), places=(2, 6), porous=0.5, outreach=0.5),
    Plan(count=5, type=STATE, specialism=AUTISM, years=(ALL_THROUGH, PRIMARY, UPPER), places=(2, 5), porous=0.4,
         outreach=0.4),
    Plan(count=4, type=STATE, specialism=COMPLEX, years=(ALL_THROUGH,), places=(2, 4)),
    Plan(count=3, type=STATE, specialism=WELLBEING, years=((1, 11), SECONDARY), places=(2, 5), porous=0.5, outreach=1),
    Plan(count=2, type=NMSS, specialism=SENSORY, years=(ALL_THROUGH,), places=(3, 5), outreach=1,
         boarding=(WEEKLY, TERMLY)),
    Plan(count=1, type=NMSS, specialism=COMPLEX, years=(ALL_THROUGH,), places=(3, 5),
         boarding=(WEEKLY, TERMLY, ANNUAL)),
    Plan(count=1, type=NMSS, specialism=SPEECH, years=(UPPER,), places=(4, 6), boarding=(WEEKLY,)),
    Plan(count=5, type=SECTION41, specialism=AUTISM, years=(ALL_THROUGH, UPPER), places=(2, 5), porous=0.2,
         boarding=(TERMLY, ANNUAL)),
    Plan(count=4, type=SECTION41, specialism=WELLBEING, years=((5, 11), SECONDARY), places=(2, 5), boarding=(WEEKLY,)),
    Plan(count=2, type=SECTION41, specialism=SPEECH, years=(ALL_THROUGH,), places=(2, 4)),
    Plan(count=1, type=SECTION41, specialism=COMPLEX, years=(ALL_THROUGH,), places=(2, 3), boarding=(ANNUAL,)),
    Plan(count=5, type=INDEPENDENT, specialism=AUTISM, years=(ALL_THROUGH, SECONDARY), places=(2, 5), porous=0.4,
         boarding=(ANNUAL,)),
    Plan(count=5, type=INDEPENDENT, specialism=WELLBEING, years=((5, 11), SECONDARY), places=(2, 5), porous=0.2,
         boarding=(TERMLY,)),
    Plan(count=2, type=INDEPENDENT, specialism=LEARNING, years=(ALL_THROUGH,), places=(2, 4)),
    Plan(count=6, type=AP, specialism=WELLBEING, years=((1, 11), SECONDARY), places=(2, 4), porous=1, outreach=0.6,
         is_local=True),
    Plan(count=3, type=RESOURCED, specialism=SPEECH, years=(PRIMARY,), places=(1, 3), outreach=1, is_local=True),
    Plan(count=3, type=RESOURCED, specialism=AUTISM, years=(PRIMARY, SECONDARY), places=(1, 3), outreach=0.6,
         is_local=True),
    Plan(count=2, type=RESOURCED, specialism=SENSORY, years=(PRIMARY, SECONDARY), places=(1, 3), outreach=1),
)  # fmt: skip
