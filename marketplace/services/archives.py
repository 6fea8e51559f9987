"""Files in one zip, for the database to keep. The same files give the same bytes."""

import zipfile
from collections.abc import Iterable
from io import BytesIO

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can state: equal files shall make equal archives


def zip_of(files: Iterable[tuple[str, bytes]]) -> bytes:
    """The files, by name, in their order."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED, compresslevel=6)
    return content.getvalue()


def file_of(archive: bytes, name: str) -> bytes:
    """One of the files. Raises KeyError when there is none of the name."""
    with zipfile.ZipFile(BytesIO(archive)) as files:
        return files.read(name)
