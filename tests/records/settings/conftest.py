"""Fixtures of the settings."""

import pytest

from records import definition, schema
from tests.factories import UserFactory
from tests.records.test_definition import VIEWINGS


@pytest.fixture
def administrator(client):
    """A test client of an administrator."""
    client.force_login(UserFactory(is_staff=True))
    return client


@pytest.fixture
def viewings():
    """A custom object type."""
    definition.apply(VIEWINGS)
    return schema.current().type("viewings")
