"""The forms that rules are built by."""

from .builder import Builder
from .company_by_domain import CompanyByDomainForm

__all__ = ["Builder", "CompanyByDomainForm"]
