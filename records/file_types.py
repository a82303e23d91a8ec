"""What kinds of files there are: told by their first bytes, or else by what their name ends with.

What a browser says that a file is counts for nothing.
"""

from pathlib import PurePosixPath

UNKNOWN = "application/octet-stream"
LOOKED_AT = 8_192  # bytes at the start of a file
# What a browser may show by itself: nothing in these can run in the name of this site.
SHOWN = ("image/gif", "image/jpeg", "image/png", "image/webp", "text/plain")

OFFICE = "application/vnd.openxmlformats-officedocument"
OPEN = "application/vnd.oasis.opendocument"
# By ending. What is no text is served as this, what is a text as text/plain or for saving only.
BY_ENDING = {
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": f"{OFFICE}.wordprocessingml.document",
    "eml": "message/rfc822",
    "gif": "image/gif",
    "heic": "image/heic",
    "ics": "text/calendar",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "log": "text/plain",
    "m4a": "audio/mp4",
    "md": "text/markdown",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "msg": "application/vnd.ms-outlook",
    "odp": f"{OPEN}.presentation",
    "ods": f"{OPEN}.spreadsheet",
    "odt": f"{OPEN}.text",
    "ogg": "audio/ogg",
    "pdf": "application/pdf",
    "png": "image/png",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": f"{OFFICE}.presentationml.presentation",
    "rtf": "application/rtf",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "tsv": "text/tab-separated-values",
    "txt": "text/plain",
    "vcf": "text/vcard",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "xls": "application/vnd.ms-excel",
    "xlsx": f"{OFFICE}.spreadsheetml.sheet",
    "zip": "application/zip",
}
BY_START = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"%PDF-": "application/pdf",
}
# Windows, Linux, macOS (both byte orders, several processors), and scripts that name their interpreter.
PROGRAMS = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa", b"\xca\xfe\xba\xbe", b"#!")


def ending(name: str) -> str:
    """Return what a file's name ends with, in small letters and without the dot.

    >>> ending("Offer.final.PDF"), ending("README"), ending(".env")
    ('pdf', '', '')
    """
    return PurePosixPath(name).suffix[1:].lower()


def is_program(start: bytes) -> bool:
    """Whether a file that begins like this can be run."""
    return start.startswith(PROGRAMS)


def content_type(name: str, start: bytes) -> str:
    """Return the type of a file by its name and its first bytes; UNKNOWN where they do not agree.

    >>> content_type("a.png", b"<script>"), content_type("a.txt", b"Hello")
    ('application/octet-stream', 'text/plain')
    """
    claimed = BY_ENDING.get(ending(name), UNKNOWN)
    told = next((found for begins, found in BY_START.items() if start.startswith(begins)), "")
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        told = "image/webp"
    if told or claimed in (*BY_START.values(), "image/webp"):
        return claimed if told == claimed else UNKNOWN
    if claimed.startswith("text/") and b"\x00" in start:
        return UNKNOWN
    return claimed
