"""What people type to prove who they are."""

from marshmallow import fields, validate

from marketplace.schemas.base import FormSchema, missing


class SignInSchema(FormSchema):
    """E-mail address and password. No rule is told here: whether an address exists is nobody's business."""

    email = fields.String(
        required=True,
        error_messages=missing("Enter your e-mail address."),
        validate=validate.Length(max=254, error="Enter a shorter e-mail address."),
    )
    password = fields.String(
        required=True,
        error_messages=missing("Enter your password."),
        validate=validate.Length(max=1000, error="Enter a shorter password."),
    )
    unsent = fields.String(load_default="")  # sealed: what was typed in a form that came too late


class PasswordSchema(FormSchema):
    """A change of one's own password. The rule on its length is the service's."""

    current = fields.String(required=True, error_messages=missing("Enter the password you have now."))
    password = fields.String(required=True, error_messages=missing("Enter a new password."))
