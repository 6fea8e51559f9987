"""Files that pages hand out to be saved. Not a noun."""

from io import BytesIO

from flask import Response, send_file


def attachment(content: bytes, name: str, mimetype: str | None = None) -> Response:
    """A file to be saved under a name, by whose ending its type is told where none is given."""
    return send_file(BytesIO(content), mimetype, as_attachment=True, download_name=name)
