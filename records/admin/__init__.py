"""Django admin of the ground floor."""

from . import attachments, changes, choosing, data_model, erasures, records, saved_views

__all__ = ["attachments", "changes", "choosing", "data_model", "erasures", "records", "saved_views"]
