from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api import query_parameters
from apps.core.api.fields import NoInput, refuse_any_field
from apps.core.api.openapi import (
    CREATED_AFTER,
    CREATED_BEFORE,
    operation,
    text_parameter,
    words_parameter,
)
from apps.core.api.resource import Text
from apps.core.json_format import FilesJsonParser
from apps.core.pagination import page_as_json, read_page
from apps.merchants import scopes
from apps.merchants.caller import Caller, caller_of
from apps.merchants.services.idempotent_response import idempotent_response
from apps.support_tickets.api import examples
from apps.support_tickets.api.ticket_input import (
    AttachmentInput,
    MessageInput,
    RatingInput,
    TicketInput,
    read_attachment,
    read_message,
    read_rating,
    read_ticket,
)
from apps.support_tickets.models import (
    Channel,
    RequesterKind,
    Ticket,
    TicketCategory,
    TicketMessage,
    TicketPriority,
    TicketStatus,
)
from apps.support_tickets.rules.author import merchant_author
from apps.support_tickets.rules.contact import ContactInvalid
from apps.support_tickets.rules.representation import (
    SupportTicketOutput,
    TicketAttachmentOutput,
    TicketMessageOutput,
)
from apps.support_tickets.rules.subjects import read_subject_id
from apps.support_tickets.rules.texts import subject_of
from apps.support_tickets.selectors.find_attachment import AttachmentNotFound, find_attachment
from apps.support_tickets.selectors.find_subject import TicketSubjectNotFound, find_subject
from apps.support_tickets.selectors.find_ticket import find_ticket
from apps.support_tickets.selectors.list_tickets import list_tickets
from apps.support_tickets.selectors.lock_ticket import TicketNotFound
from apps.support_tickets.selectors.read_conversation import conversation_ids, read_conversation
from apps.support_tickets.services.add_attachment import AttachmentsFull, add_attachment
from apps.support_tickets.services.add_message import TicketClosed, add_message
from apps.support_tickets.services.change_status import change_status
from apps.support_tickets.services.open_ticket import TicketOrder, open_ticket
from apps.support_tickets.services.rate_ticket import TicketNotDone, rate_ticket
from apps.support_tickets.services.write_message import MessageEmpty
from apps.vault.kept_files import (
    AttachmentEmpty,
    AttachmentTooLarge,
    AttachmentTypeRefused,
    AttachmentUnreadable,
)


class AttachmentContentOutput(TicketAttachmentOutput):
    content = Text(is_given=True, example=examples.ATTACHMENT_REQUEST["content"])


def ticket_as_json(ticket: Ticket) -> dict[str, Any]:
    return SupportTicketOutput.as_json(ticket, subject=subject_of(ticket))


class TicketList(APIView):
    scopes = {"GET": scopes.TICKETS_READ, "POST": scopes.TICKETS_WRITE}

    @operation(
        summary="Open a ticket",
        description="Ask support about a payment, a refund, a payout or anything else. The answers"
        " come as messages of the ticket; an event says when.",
        answer=SupportTicketOutput,
        status=201,
        body=TicketInput,
        errors=[TicketSubjectNotFound, ContactInvalid, MessageEmpty],
        example=examples.NEW_TICKET,
        request_example=examples.TICKET_REQUEST,
    )
    def post(self, request: Request) -> HttpResponse:
        values = read_ticket(request.data)

        def work(caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            about = find_subject(values["about"], caller=caller) if "about" in values else None
            order = TicketOrder(
                requester_kind=RequesterKind.MERCHANT,
                merchant_id=caller.merchant.pk,
                livemode=caller.livemode,
                subject=values["subject"],
                body=values["body"],
                category=values.get("category", TicketCategory.OTHER),
                priority=values.get("priority", TicketPriority.NORMAL),
                language=values.get("language", caller.merchant.language),
                contact=values.get("contact", ""),
                country=caller.merchant.country,
                about=about,
            )
            ticket = open_ticket(
                order, author=merchant_author(caller), channel=Channel.API, now=now
            )
            return 201, ticket_as_json(ticket)

        return idempotent_response(request, work, is_shared=True)

    @operation(
        summary="List tickets",
        answer=SupportTicketOutput,
        is_list=True,
        query=[
            text_parameter(
                "about",
                "The tickets about one payment, refund or payout.",
                example=str(SupportTicketOutput.example()["about"]),
            ),
            words_parameter("status", "", TicketStatus.values),
            CREATED_AFTER,
            CREATED_BEFORE,
        ],
    )
    def get(self, request: Request) -> Response:
        query, caller = request.query_params, caller_of(request)
        query_parameters.refuse_unknown(
            query,
            *query_parameters.PAGE,
            *("about", "status", "created_after", "created_before"),
        )
        page = list_tickets(
            caller=caller,
            query=query,
            about=_about(query_parameters.text(query, "about")),
            statuses=query_parameters.words(query, "status", TicketStatus.values),
            created_after=query_parameters.instant(query, "created_after"),
            created_before=query_parameters.instant(query, "created_before"),
        )
        return Response(page_as_json(page, ticket_as_json))


class TicketDetail(APIView):
    scopes = {"GET": scopes.TICKETS_READ}

    @operation(summary="Get a ticket", answer=SupportTicketOutput, errors=[TicketNotFound])
    def get(self, request: Request, ticket_id: str) -> Response:
        query_parameters.refuse_unknown(request.query_params)
        return Response(ticket_as_json(find_ticket(ticket_id, caller=caller_of(request))))


class TicketMessages(APIView):
    scopes = {"GET": scopes.TICKETS_READ, "POST": scopes.TICKETS_WRITE}

    @operation(
        summary="Answer in a ticket",
        description="Opens it again if it was resolved within the last 14 days. After that, and of"
        " a closed one, another ticket is opened, linked with this one: the message's `ticket`"
        " names it.",
        answer=TicketMessageOutput,
        status=201,
        body=MessageInput,
        errors=[TicketNotFound, MessageEmpty],
        example=examples.NEW_MESSAGE,
        request_example=examples.MESSAGE_REQUEST,
    )
    def post(self, request: Request, ticket_id: str) -> HttpResponse:
        body = read_message(request.data)

        def work(ticket: Ticket, caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            message = add_message(
                ticket_id=ticket.pk,
                body=body,
                author=merchant_author(caller),
                channel=Channel.API,
                now=now,
            )
            return 201, TicketMessageOutput.as_json(message)

        return _answer(request, ticket_id, work)

    @operation(
        summary="List the messages of a ticket",
        description="Newest first, with those of the tickets that were merged into it.",
        answer=TicketMessageOutput,
        is_list=True,
        errors=[TicketNotFound],
    )
    def get(self, request: Request, ticket_id: str) -> Response:
        query_parameters.refuse_unknown(request.query_params, *query_parameters.PAGE)
        ticket = find_ticket(ticket_id, caller=caller_of(request))
        messages = TicketMessage.objects.filter(
            ticket__in=conversation_ids(ticket), is_internal=False
        )
        page = read_page(messages, own=messages, query=request.query_params, prefix="tim")
        return Response(page_as_json(page, TicketMessageOutput.as_json))


class TicketAttachments(APIView):
    scopes = {"GET": scopes.TICKETS_READ, "POST": scopes.TICKETS_WRITE}
    parser_classes = [FilesJsonParser]

    @operation(
        summary="Add a file to a ticket",
        description="The same file twice is one. A ticket has at most 10.",
        answer=TicketAttachmentOutput,
        status=201,
        body=AttachmentInput,
        errors=[
            TicketNotFound,
            TicketClosed,
            AttachmentEmpty,
            AttachmentTooLarge,
            AttachmentTypeRefused,
            AttachmentsFull,
        ],
        request_example=examples.ATTACHMENT_REQUEST,
    )
    def post(self, request: Request, ticket_id: str) -> HttpResponse:
        name, content = read_attachment(request.data)

        def work(ticket: Ticket, caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            attachment = add_attachment(
                ticket_id=ticket.pk,
                name=name,
                content=content,
                author=merchant_author(caller),
                now=now,
            )
            return 201, TicketAttachmentOutput.as_json(attachment)

        return _answer(request, ticket_id, work)

    @operation(
        summary="List the files of a ticket",
        description="Oldest first: a ticket has few.",
        answer=TicketAttachmentOutput,
        is_list=True,
        pages=False,
        errors=[TicketNotFound],
    )
    def get(self, request: Request, ticket_id: str) -> Response:
        query_parameters.refuse_unknown(request.query_params)
        ticket = find_ticket(ticket_id, caller=caller_of(request))
        found = read_conversation(ticket, messages_max=0).attachments
        data = [TicketAttachmentOutput.as_json(attachment) for attachment in found]
        return Response({"object": "list", "data": data, "has_more": False})


class TicketAttachmentDetail(APIView):
    scopes = {"GET": scopes.TICKETS_READ}

    @operation(
        summary="Get a file of a ticket",
        answer=AttachmentContentOutput,
        errors=[TicketNotFound, AttachmentNotFound, AttachmentUnreadable],
    )
    def get(self, request: Request, ticket_id: str, attachment_id: str) -> Response:
        query_parameters.refuse_unknown(request.query_params)
        ticket = find_ticket(ticket_id, caller=caller_of(request))
        attachment, content = find_attachment(attachment_id, ticket=ticket)
        text = base64.b64encode(content).decode()
        return Response(AttachmentContentOutput.as_json(attachment, content=text))


class TicketClose(APIView):
    scopes = {"POST": scopes.TICKETS_WRITE}

    @operation(
        summary="Close a ticket",
        description="When it is done for you. Of a closed one this changes nothing.",
        answer=SupportTicketOutput,
        body=NoInput,
        errors=[TicketNotFound],
        example=examples.CLOSED_TICKET,
        request_example={},
    )
    def post(self, request: Request, ticket_id: str) -> HttpResponse:
        refuse_any_field(request.data)

        def work(ticket: Ticket, caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            closed = change_status(
                ticket_id=ticket.pk,
                to=TicketStatus.CLOSED,
                author=merchant_author(caller),
                now=now,
            )
            return 200, ticket_as_json(closed)

        return _answer(request, ticket_id, work)


class TicketRating(APIView):
    scopes = {"POST": scopes.TICKETS_WRITE}

    @operation(
        summary="Rate a ticket",
        description="How content you are with the support, once it is resolved or closed. Your last"
        " word counts.",
        answer=SupportTicketOutput,
        body=RatingInput,
        errors=[TicketNotFound, TicketNotDone],
        example=examples.RATED_TICKET,
        request_example=examples.RATING_REQUEST,
    )
    def post(self, request: Request, ticket_id: str) -> HttpResponse:
        score, comment = read_rating(request.data)

        def work(ticket: Ticket, caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            rated = rate_ticket(
                ticket_id=ticket.pk,
                score=score,
                comment=comment,
                author=merchant_author(caller),
                now=now,
            )
            return 200, ticket_as_json(rated)

        return _answer(request, ticket_id, work)


def _about(named: str) -> tuple[str, UUID] | None:
    found = read_subject_id(named)
    if named and found is None:
        raise query_parameters.InvalidParameter(
            "Send the id of a payment, a refund or a payout.", field="about"
        )
    return found


def _answer(
    request: Request,
    ticket_id: str,
    work: Callable[[Ticket, Caller, datetime], tuple[int, dict[str, Any]]],
) -> HttpResponse:
    def find_and_work(caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
        return work(find_ticket(ticket_id, caller=caller), caller, now)

    return idempotent_response(request, find_and_work, is_shared=True)
