"""The sample's activities: what sellers and supporters did for deals and tickets, and what they are to do."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from records import services
from records.models import Record
from records.provenance import By, Origin

DAY = timedelta(days=1)
STORIES = 0.45  # of the deals, and of the tickets, have one
MAIL = (
    (
        "Our offer for {what}",
        "<p>Hello {first},</p><p>as we agreed on the phone, here is our offer. In short:</p><ul>"
        "<li>everything that you asked for, in one delivery</li><li>two days of training on your site</li>"
        "<li>support for <strong>24 months</strong></li></ul><p>Do say if anything is missing.</p>"
        "<p>Kind regards<br>{owner}</p>",
    ),
    (
        "Next steps",
        "<p>Hello {first},</p><p>thank you for your time today. I shall send the figures by Friday, and you "
        "were going to ask your colleagues in purchasing about the framework agreement.</p>"
        "<p>Until then<br>{owner}</p>",
    ),
    (
        "A question about delivery",
        "<p>Hello {first},</p><p>can your site take a delivery before eight in the morning? Then we could "
        "start a week earlier.</p><p>{owner}</p>",
    ),
)
REPLIES = (
    "<p>Thank you, that looks good. Could you split the price into licences and work?</p><p>{first}</p>",
    "<p>Hello {owner},</p><p>we have discussed it. The board wants a reference from our industry before it "
    "decides; whom could we call?</p><p>Best wishes<br>{first}</p>",
    "<p>Tuesday suits us. Please bring the plans along.</p><p>{first}</p>",
)
CALLS = (
    (
        "Introduction",
        "<p>Wants to replace what they have before the end of the year. Decides with the CFO.</p>",
    ),
    (
        "Follow-up on the offer",
        "<p>Price is fine; the date is not. Asked for a start <em>after</em> stocktaking.</p>",
    ),
    ("Check-in", ""),
    ("Terms of payment", "<p>Thirty days are their rule. Agreed to ask our accounts.</p>"),
)
NOTES = (
    "<p>Prefers a call in the morning. Reads no attachments on the phone: put figures into the text.</p>",
    "<p>Competitor in the race: they have quoted <strong>8 % less</strong>, without training.</p>",
    "<h2>From the first meeting</h2><ul><li>14 users now, 40 next year</li><li>two sites, one warehouse</li>"
    "<li>the old contract ends in March</li></ul><p>What matters most to them is that nothing stops during "
    "the change. They had a bad time with the last one: three days without labels, and all remember it. "
    "Whoever offers a plan for the first week has won half of it. The rest is price and the reference.</p>"
    "<p>Ask again about the interface to their accounting; nobody in the room knew what it is.</p>",
    "<p>Budget approved for next quarter.</p>",
)
MEETINGS = (
    ("Demonstration", "<p>One hour: their three use cases, then questions.</p>"),
    ("Negotiation", "<p>Bring the framework agreement.</p>"),
    ("Workshop on site", "<p>With the people from the warehouse.</p>"),
)
PLACES = ("Video call", "At their office", "Our meeting room, 2nd floor", "Café by the station")
TASKS = (
    ("Send the revised offer", "EMAIL"),
    ("Call about the contract", "CALL"),
    ("Find a reference customer", "TODO"),
    ("Ask legal about the terms", "TODO"),
)
DISPOSITIONS = ("f240bbac-87c9-4f6e-bf70-924b57d47db7", "73a0d17f-1163-4015-bdd5-ec830791da20")


class Planned(NamedTuple):
    """An activity before it is a record: its type and values, when, whose, and what it is about."""

    type_name: str
    values: dict[str, Any]
    at: datetime
    owner: Any
    about: tuple[int, ...]


class Stories:
    """Draws what happened around deals and tickets."""

    def __init__(self, random: Any, now: datetime, later: Callable[[datetime], datetime]) -> None:
        self.random, self.now, self.later = random, now, later

    def of_deal(self, deal: Any, company: Record, people: Sequence[Record]) -> Iterator[Planned]:
        """Yield the activities of a deal: how it began and, where it is open, how it is to go on."""
        choice, owner = self.random.choice, deal.owner
        about = (deal.pk, company.pk)
        person: Any = choice(people)
        both = (*about, *dict.fromkeys([person.pk, people[0].pk]))
        moments = iter(self._moments(deal, 6))
        says = {"first": person.firstname or person, "owner": owner.first_name, "what": deal.dealname}
        yield self._call(next(moments), owner, person, (*about, person.pk))
        subject, body = choice(MAIL)
        subject = subject.format(**says)
        yield self._email(subject, body.format(**says), next(moments), owner, people, both)
        if self.random.random() < 0.7:
            reply = choice(REPLIES).format(**says)
            yield self._email(f"Re: {subject}", reply, next(moments), owner, [person], both, received=True)
        if self.random.random() < 0.6:
            yield Planned("notes", {"hs_note_body": choice(NOTES)}, next(moments), owner, about)
        title, text = choice(MEETINGS)
        if self.random.random() < 0.5:
            yield self._meeting(title, text, next(moments), owner, both, "COMPLETED")
        if deal.dealstage.is_closed:
            return
        if self.random.random() < 0.5:
            ahead = self._hour(self.now + self.random.randrange(1, 10) * DAY)
            yield self._meeting(title, text, ahead, owner, both, "SCHEDULED")
        if self.random.random() < 0.8:
            due = self._hour(self.now + self.random.randrange(-6, 12) * DAY)
            yield self._task(due, owner, (*about, person.pk), "NOT_STARTED")
        if self.random.random() < 0.4:
            yield self._task(next(moments), owner, (*about, person.pk), "COMPLETED")

    def of_ticket(self, ticket: Record, asker: Record, others: Iterable[int]) -> Iterator[Planned]:
        """Yield the activities of a ticket: the message that it began with, and what was done."""
        about, owner = (ticket.pk, asker.pk, *others), ticket.owner
        text = f"<p>Hello,</p><p>{ticket}. Could you have a look, please?</p><p>{asker}</p>"
        moments = self._moments(ticket, 2)
        yield self._email(str(ticket), text, ticket.created_at, owner, [asker], about, received=True)
        if self.random.random() < 0.6:
            yield self._call(moments[0], owner, asker, about)
        if self.random.random() < 0.4:
            note = {
                "hs_note_body": "<p>Reproduced on the test system; with development since this morning.</p>"
            }
            yield Planned("notes", note, moments[1], owner, about[:1])

    def _email(
        self,
        subject: str,
        body: str,
        at: datetime,
        owner: Any,
        people: Sequence[Any],
        about: tuple[int, ...],
        received: bool = False,
    ) -> Planned:
        ours, theirs = f"{owner.username}@kith.example", ", ".join(one.email for one in people[:2])
        values = {
            "hs_email_subject": subject,
            "hs_email_html": body,
            "hs_email_direction": "INCOMING_EMAIL" if received else "EMAIL",
            "hs_email_from_email": theirs if received else ours,
            "hs_email_to_email": ours if received else theirs,
        }
        return Planned("emails", values, at, owner, about)

    def _call(self, at: datetime, owner: Any, person: Any, about: tuple[int, ...]) -> Planned:
        title, body = self.random.choice(CALLS)
        values = {
            "hs_call_title": title,
            "hs_call_body": body,
            "hs_call_direction": self.random.choice(("OUTBOUND", "OUTBOUND", "INBOUND")),
            "hs_call_disposition": DISPOSITIONS[not body],
            "hs_call_duration": self.random.randrange(2, 40) * 60_000 if body else None,
            "hs_call_to_number": person.phone,
        }
        return Planned("calls", values, at, owner, about)

    def _meeting(
        self, title: str, text: str, at: datetime, owner: Any, about: tuple[int, ...], outcome: str
    ) -> Planned:
        values = {
            "hs_meeting_title": title,
            "hs_meeting_body": text,
            "hs_meeting_end_time": at + timedelta(hours=1),
            "hs_meeting_location": self.random.choice(PLACES),
            "hs_meeting_outcome": outcome,
        }
        return Planned("meetings", values, at, owner, about)

    def _task(self, at: datetime, owner: Any, about: tuple[int, ...], status: str) -> Planned:
        subject, kind = self.random.choice(TASKS)
        values = {
            "hs_task_subject": subject,
            "hs_task_type": kind,
            "hs_task_status": status,
            "hs_task_priority": self.random.choice(("NONE", "NONE", "MEDIUM", "HIGH")),
        }
        return Planned("tasks", values, at, owner, about)

    def _moments(self, record: Record, number: int) -> list[datetime]:
        """Return so many moments since a record was made, in hours of work."""
        drawn = (self._hour(self.later(record.created_at)) for _one in range(number))
        return sorted(max(record.created_at, min(one, self.now - DAY)) for one in drawn)

    def _hour(self, moment: datetime) -> datetime:
        return moment.replace(hour=self.random.randrange(8, 17), minute=self.random.choice((0, 30)), second=0)


def create(
    planned: Sequence[Planned], types: dict[str, Any], now: datetime, by: By
) -> tuple[list[Record], list[tuple[int, int]]]:
    """Create activities; return them, and the pairs that are to be associated."""
    created: list[Record] = []
    pairs: list[tuple[int, int]] = []
    for name in dict.fromkeys(one.type_name for one in planned):
        chosen = [one for one in planned if one.type_name == name]
        records = []
        for one in chosen:
            author = By(one.owner, Origin.IMPORT)
            record = services.build_record(
                types[name], {**one.values, "hubspot_owner_id": one.owner}, by=author
            )
            record.happened_at = one.at
            # What is ahead was planned a few days ago.
            record.created_at = record.updated_at = min(one.at, now - 3 * DAY)
            records.append(record)
        services.create_records(records, by=by)
        created += records
        for record, one in zip(records, chosen, strict=True):
            pairs += [(record.pk, other) for other in one.about]
    return created, pairs
