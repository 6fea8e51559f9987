"""What a plan is made of, and what its second person says to it. It must never ask the database anything."""

from marketplace.schemas.base import FormSchema, VersionSchema
from marketplace.schemas.consultations import IdsField
from marketplace.schemas.uplifts import words

LONGEST_REASON = 2000


class PlanSchema(FormSchema):
    """The recommendations that are ticked."""

    recommendation_ids = IdsField("Choose from the list again.")


class ApplySchema(VersionSchema):
    """The rows of a plan that are left out, as its page named them."""

    left_out = IdsField("Open the page again, then send.")


class ReturnPlanSchema(VersionSchema):
    """Why a plan is returned."""

    reason = words("Say why it is returned: who proposed it reads it.", LONGEST_REASON, required=True)
