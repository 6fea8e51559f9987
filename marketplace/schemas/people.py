"""What an administrator types about a person."""

from marshmallow import fields, validate

from marketplace.models import Role
from marketplace.schemas.base import FormSchema, missing

CHOOSE_ROLES = "Choose at least one role."


class RolesSchema(FormSchema):
    """What a person may do."""

    roles = fields.List(
        fields.Enum(Role, by_value=True, error_messages={"unknown": "Choose a role from the list."}),
        required=True,
        validate=validate.Length(min=1, error=CHOOSE_ROLES),
        error_messages=missing(CHOOSE_ROLES),
    )


class UserSchema(RolesSchema):
    """Roles, and whether the account can be used; and what the page showed of them."""

    is_active = fields.Boolean(load_default=False)
    version = fields.String(required=True, error_messages=missing("Open the page again, then send."))


class NewUserSchema(RolesSchema):
    """A new person. The initial password is told to them by another way and changed at the first sign-in."""

    email = fields.Email(
        required=True,
        error_messages={
            **missing("Enter an e-mail address."),
            "invalid": "Enter an e-mail address like name@la.gov.uk.",
        },
        validate=validate.Length(max=254, error="Enter a shorter e-mail address."),
    )
    name = fields.String(
        required=True,
        error_messages=missing("Enter the person's name."),
        validate=validate.Length(max=120, error="Enter a name of at most 120 characters."),
    )
    password = fields.String(required=True, error_messages=missing("Enter an initial password."))
