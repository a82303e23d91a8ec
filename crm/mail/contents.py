"""What the parts of messages hold, as bytes. A file is decoded piece by piece: it may be large."""

import binascii
import re
from email import policy
from email.message import Message as Part
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from django.core.files import File

IN_MEMORY = 1024 * 1024  # bytes of a file; of a larger one the rest waits on disk
PIECE = 1024 * 1024  # letters that are decoded at once
NO_BASE64 = re.compile(r"[^A-Za-z0-9+/]+")


def decoded(part: Part, name: str) -> File:
    """Return what a part holds as a file, which is gone once it is closed."""
    stream = cast("IO[bytes]", SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115  (the file closes it)
    text: Any = part.get_payload()
    if not isinstance(text, str):  # a message within, or a report, whose parts are headers
        stream.write(as_bytes(part))
    elif "base64" in str(part.get("content-transfer-encoding", "")).lower():
        _write_base64(text, stream)
    else:
        stream.write(payload(part))
    file = File(stream, name)
    file.size = stream.tell()
    stream.seek(0)
    return file


def _write_base64(text: str, stream: IO[bytes]) -> None:
    """Decode up to the first "="; what is none of its letters counts for nothing (RFC 2045, 6.8)."""
    left = ""
    end = text.find("=") if "=" in text else len(text)
    for start in range(0, end, PIECE):
        letters = left + NO_BASE64.sub("", text[start : min(start + PIECE, end)])
        whole = len(letters) // 4 * 4
        stream.write(binascii.a2b_base64(letters[:whole]))
        left = letters[whole:]
    if len(left) > 1:
        stream.write(binascii.a2b_base64(left.ljust(4, "=")))


def payload(part: Part) -> bytes:
    """Return what a part without parts holds."""
    try:
        data = part.get_payload(decode=True)
    except Exception:  # an encoding that is none
        data = str(part.get_payload()).encode(errors="replace")
    return data if isinstance(data, bytes) else b""


def as_bytes(part: Part) -> bytes:
    """Return the parts of a part, such as the message within, as they are written."""
    parts: Any = part.get_payload()
    return b"\n".join(map(_written, parts if isinstance(parts, list) else []))


def _written(part: Part) -> bytes:
    try:
        return part.as_bytes(policy=policy.compat32)
    except Exception:  # what was read in a wrong charset may not be written
        return str(part.get_payload()).encode(errors="replace")
