"""Names of files that people send: as pages repeat them, and as they are handed out again."""

import re

LONGEST = 80  # of the stem, as pages repeat it
UNSAFE = re.compile(r'[<>:"/\\|?*]')  # in a name on some system
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)  # no names of files on Windows


def shown_name(name: str) -> str:
    """A file's name without folders and what cannot be seen, not too long, its ending kept.

    >>> shown_name("C:\\\\files\\\\plan\\u202efdp.exe")
    'planfdp.exe'
    """
    seen = "".join(letter for letter in name.replace("\\", "/").rpartition("/")[2] if letter.isprintable())
    stem, dot, ending = seen.rpartition(".")
    return f"{stem[:LONGEST]}{dot}{ending[:8]}"


def safe_name(name: str, ending: str) -> str:
    """The same with this ending, as any system can save it.

    >>> safe_name("../../etc/Plan: final?.PDF", "pdf"), safe_name("nul.pdf", "pdf"), safe_name(".pdf", "pdf")
    ('Plan_ final_.pdf', '_nul.pdf', 'document.pdf')
    """
    stem = re.sub(rf"\.{ending}$", "", shown_name(name), flags=re.IGNORECASE)
    stem = UNSAFE.sub("_", stem).strip(" .") or "document"
    if DEVICES.fullmatch(stem.partition(".")[0].strip()):
        stem = f"_{stem}"
    return f"{stem}.{ending}"
