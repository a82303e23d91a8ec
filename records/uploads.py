"""How files come in: no more is read of a request, or kept of a file, than may be added."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

SLACK = 3 * 1024 * 1024  # bytes of a request besides its files


def most_of_request() -> int:
    """Return how many bytes a request with files may have."""
    return settings.ATTACHMENT_MAX_SIZE * settings.ATTACHMENT_MAX_FILES + SLACK


class RequestTooLarge(RequestDataTooBig):
    """The files of a request are larger than `most` bytes together."""

    def __init__(self, most: int) -> None:
        super().__init__("The files of this request are too large.")
        self.most = most


class BoundedUploadHandler(FileUploadHandler):
    """Refuses a request that is too large before it is read, and keeps of a file that is too large only so
    much that its form can say so. Stands before the handlers that store."""

    @property
    def most_of_file(self) -> int:
        """Bytes of one file."""
        return settings.ATTACHMENT_MAX_SIZE

    @property
    def most_of_request(self) -> int:
        """Bytes of all files together, and what is sent with them."""
        return most_of_request()

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        """Look at how long the request says that it is. Raises RequestDataTooBig."""
        user = getattr(self.request, "user", None)
        most = self.most_of_request if getattr(user, "is_authenticated", False) else SLACK
        if content_length > most:
            raise RequestTooLarge(most)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Let what comes behind the limit go nowhere."""
        return raw_data if start <= self.most_of_file else None

    def file_complete(self, file_size: int) -> None:
        """Leave it to the handlers behind."""
