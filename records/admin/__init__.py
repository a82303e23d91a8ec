"""Django admin of the ground floor."""

from . import data_model, records

__all__ = ["data_model", "records"]
