"""How files to import come in: larger ones than those that are kept with records."""

from django.conf import settings

from records.uploads import SLACK, BoundedUploadHandler

MOST_FILES = 2  # of an import


class ImportUploadHandler(BoundedUploadHandler):
    """Stands before the handlers of all other pages."""

    @property
    def most_of_file(self) -> int:
        """Bytes of one file."""
        return settings.IMPORT_MAX_SIZE

    @property
    def most_of_request(self) -> int:
        """Bytes of all files together, and what is sent with them."""
        return settings.IMPORT_MAX_SIZE * MOST_FILES + SLACK
