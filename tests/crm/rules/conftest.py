"""What tests of rules share."""

import pytest

from crm.rules.models import CompanyByDomain


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """A context in which what is written is taken for committed at its end: rules run then."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def by_domain(db):
    """Return a function that sets how contacts are associated with companies by domain."""

    def turn(*, is_on=True, creates_companies=False, own_domains=()):
        row, _created = CompanyByDomain.objects.get_or_create(pk=1)
        row.is_on, row.creates_companies, row.own_domains = is_on, creates_companies, list(own_domains)
        row.save()
        return row

    return turn
