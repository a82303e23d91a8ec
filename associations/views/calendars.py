"""A meeting as a file for calendars."""

from django.http import HttpResponse
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from records import schema
from records.http import Request
from records.models import Contact, Meeting
from records.views.common import record_or_404

from .. import calendars
from ..models import Association

TYPE = "text/calendar; charset=utf-8"


@require_safe
def meeting(request: Request, pk: int) -> HttpResponse:
    """Download a meeting; those invited are its contacts that have an e-mail address."""
    record = record_or_404(request, Meeting.object_type_name, pk)
    kind = schema.current().type(Contact.object_type_name)
    newest = Association.objects.newest(record.pk, [kind.pk], calendars.ATTENDEES)
    contacts = Contact.objects.visible_to(request.user).exclude(email="").order_by("pk")
    invited = contacts.filter(pk__in=[link.other_id for link in newest])
    entry = calendars.event(
        record,
        request.build_absolute_uri(record.get_absolute_url()),
        organiser=record.owner,
        people=[(str(contact), contact.email) for contact in invited],
    )
    name = slugify(str(record))[:60] or "meeting"
    return HttpResponse(
        calendars.calendar([entry]),
        content_type=TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}.ics"'},
    )
