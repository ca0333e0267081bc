from __future__ import annotations

from apps.core.errors import DomainError
from apps.merchants.caller import Caller
from apps.support_tickets.rules.subjects import Subject, read_subject_id, subject_kinds
from apps.support_tickets.selectors.read_subject import read_subject


class TicketSubjectNotFound(DomainError):
    code = "ticket_subject_not_found"
    status = 404
    title = "There is nothing with this id that a ticket could be about."


def find_subject(public_id: str, *, caller: Caller) -> Subject:
    """What the caller has with this id, in its mode. Another's is not found, like one that never
    was. One query.

    Raises TicketSubjectNotFound.
    """
    named = read_subject_id(public_id)
    subject = read_subject(*named) if named else None
    if (
        subject is None
        or not subject_kinds()[subject.type].is_for_customers
        or subject.merchant_id != caller.merchant.pk
        or subject.livemode != caller.livemode
    ):
        kinds = [f"{kind.prefix}_…" for kind in subject_kinds().values() if kind.is_for_customers]
        raise TicketSubjectNotFound(
            f"Send the id of something of yours, in this mode: {', '.join(kinds)}.", field="about"
        )
    return subject
