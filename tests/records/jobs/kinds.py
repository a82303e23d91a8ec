"""Kinds of jobs for tests."""

import time

from django.utils.translation import gettext_lazy as _

from records import schema, services
from records.jobs import JobKind, JobRefused, register


@register
class Create(JobKind):
    """Creates a contact for each of its ids, named by it."""

    name = "test-create"
    label = _("Create contacts")
    counts = {"created": _("Created")}

    def step(self, run):
        ids = run.next_batch()
        if ids is None:
            return True
        if run.params.get("pause"):
            time.sleep(run.params["pause"])
        if run.params.get("breaks_at") in ids:
            raise ZeroDivisionError
        if run.params.get("refuses_at") in ids:
            raise JobRefused("No more of that.")
        contacts = schema.current().type("contacts")
        records = [services.build_record(contacts, {"firstname": f"{one}"}, by=run.by) for one in ids]
        services.create_records(records, by=run.by)
        run.count("created", len(ids))
        run.done(len(ids))
        if odd := run.params.get("complains_of"):
            for one in ids:
                if one % odd == 0:
                    run.error("=odd", row=one, cells=[f"{one}", "+1"])
        return False


@register
class Read(JobKind):
    """Makes a file outside of a transaction."""

    name = "test-read"
    label = _("Read")
    change_kind = None
    atomic = False

    def step(self, run):
        import io

        run.total(2)
        run.done(1)
        run.beat()
        run.done(1)
        run.result_file("two.txt", io.BytesIO(b"two"))
        return True
