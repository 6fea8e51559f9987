"""Which drafts of prices are to be published, each at the save that the page showed. It must never ask the database."""

from marketplace.schemas.base import FormSchema
from marketplace.schemas.versions import VersionsField


class DraftsSchema(FormSchema):
    """The drafts that were ticked."""

    drafts = VersionsField("Tick at least one setting whose prices are to be published.", required=True)
