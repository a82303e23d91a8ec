"""Django admin of the ground floor."""

from . import data_model, erasures, records, saved_views

__all__ = ["data_model", "erasures", "records", "saved_views"]
