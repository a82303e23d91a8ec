"""What the tests of tasks share."""

import pytest
from django.utils import timezone

from tests.factories import make_activity


@pytest.fixture
def make_task(user):
    """Return a function that makes a task of the user who is signed in, or of another `owner`."""

    def make(subject="Call back", due=None, *about, owner=user, **values):
        values = {"hs_task_subject": subject, "hs_timestamp": due or timezone.now(), **values}
        return make_activity("tasks", *about, hubspot_owner_id=owner, **values)

    return make
