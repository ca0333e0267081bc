"""Every operation of the API.

Made by `make sdk` from docs/openapi.json: change that, not this.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Literal, cast

from lomi import models
from lomi.connection import Connection
from lomi.file_form import FilePart
from lomi.pages import Page


class Realtime:
    def __init__(self, connection: Connection):
        self._connection = connection

    def tickets(
        self,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.Ticket:
        """Issue a ticket for a browser."""
        return cast(
            "models.Ticket",
            self._connection.call(
                "POST",
                "/api/v1/realtime/tickets",
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )


class Events:
    def __init__(self, connection: Connection):
        self._connection = connection

    def feed_list(
        self,
        *,
        after: str | None = None,
        limit: int | None = None,
    ) -> Sequence[models.Event]:
        """Read on in the events."""
        query: dict[str, Any] = {"after": after, "limit": limit}
        return cast(
            "Sequence[models.Event]",
            self._connection.call("GET", "/api/v1/events/feed", query=query)["data"],
        )

    def list(
        self,
        *,
        type: Sequence[
            Literal[
                "payment.created",
                "payment.pending",
                "payment.requires_action",
                "payment.authorized",
                "payment.verifying",
                "payment.succeeded",
                "payment.succeeded_late",
                "payment.failed",
                "payment.expired",
                "payment.canceled",
                "refund.created",
                "refund.needs_approval",
                "refund.approved",
                "refund.pending",
                "refund.processing",
                "refund.verifying",
                "refund.succeeded",
                "refund.succeeded_late",
                "refund.failed",
                "refund.canceled",
                "payout.created",
                "payout.needs_approval",
                "payout.approved",
                "payout.pending",
                "payout.processing",
                "payout.verifying",
                "payout.succeeded",
                "payout.succeeded_late",
                "payout.failed",
                "payout.canceled",
                "payout_batch.created",
                "payout_batch.draft",
                "payout_batch.needs_approval",
                "payout_batch.rejected",
                "payout_batch.scheduled",
                "payout_batch.running",
                "payout_batch.progressed",
                "payout_batch.paused",
                "payout_batch.resumed",
                "payout_batch.completed",
                "payout_batch.canceling",
                "payout_batch.canceled",
                "approval.requested",
                "approval.approved",
                "approval.rejected",
                "approval.expired",
                "approval.withdrawn",
                "settlement.created",
                "settlement.waiting",
                "settlement.on_hold",
                "settlement.filed",
                "settlement.sent",
                "settlement.paid",
                "settlement.failed",
                "ticket.created",
                "ticket.answered",
                "ticket.resolved",
                "dispute.opened",
                "dispute.evidence_due",
                "dispute.under_review",
                "dispute.won",
                "dispute.lost",
                "dispute.partly_lost",
                "dispute.withdrawn",
                "api_key.created",
                "api_key.updated",
                "api_key.rotation_started",
                "api_key.rotated",
                "api_key.expiring",
                "api_key.expired",
                "api_key.revoked",
                "webhook_endpoint.created",
                "webhook_endpoint.updated",
                "webhook_endpoint.secret_rotated",
                "webhook_endpoint.paused",
                "webhook_endpoint.resumed",
                "webhook_endpoint.deliveries_failed",
                "webhook_endpoint.deleted",
                "webhook_endpoint.test",
                "payment.*",
                "refund.*",
                "payout.*",
                "payout_batch.*",
                "approval.*",
                "settlement.*",
                "ticket.*",
                "dispute.*",
                "api_key.*",
                "webhook_endpoint.*",
            ]
        ]
        | None = None,
        object: str | None = None,
        created_after: str | None = None,
        created_before: str | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.Event]:
        """List events."""
        query: dict[str, Any] = {
            "type": type,
            "object": object,
            "created_after": created_after,
            "created_before": created_before,
            "limit": limit,
            "starting_after": starting_after,
        }
        found = self._connection.call("GET", "/api/v1/events", query=query)
        return Page(
            found,
            lambda last: self.list(
                type=type,
                object=object,
                created_after=created_after,
                created_before=created_before,
                limit=limit,
                starting_after=last,
            ),
        )

    def get(
        self,
        event_id: str,
    ) -> models.Event:
        """Get an event."""
        return cast(
            "models.Event",
            self._connection.call("GET", "/api/v1/events/{event_id}", ids={"event_id": event_id}),
        )

    def replay(
        self,
        event_id: str,
        body: models.EventReplayInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.WebhookReplay:
        """Replay an event."""
        return cast(
            "models.WebhookReplay",
            self._connection.call(
                "POST",
                "/api/v1/events/{event_id}/replay",
                ids={"event_id": event_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )


class Payments:
    def __init__(self, connection: Connection):
        self._connection = connection

    def list(
        self,
        *,
        status: Sequence[
            Literal[
                "pending",
                "requires_action",
                "authorized",
                "verifying",
                "succeeded",
                "failed",
                "expired",
                "canceled",
            ]
        ]
        | None = None,
        created_after: str | None = None,
        created_before: str | None = None,
        reference: str | None = None,
        phone: str | None = None,
        provider: Sequence[Literal["mtn_momo", "orange_webpay", "wave"]] | None = None,
        operator: Sequence[Literal["mtn", "orange", "moov", "airtel", "wave"]] | None = None,
        currency: Sequence[Literal["XOF", "XAF", "EUR", "USD"]] | None = None,
        metadata: Mapping[str, str] | None = None,
        expand: Sequence[Literal["attempts"]] | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.PaymentWithAttempts]:
        """List payments."""
        query: dict[str, Any] = {
            "status": status,
            "created_after": created_after,
            "created_before": created_before,
            "reference": reference,
            "phone": phone,
            "provider": provider,
            "operator": operator,
            "currency": currency,
            "metadata": metadata,
            "expand": expand,
            "limit": limit,
            "starting_after": starting_after,
        }
        found = self._connection.call("GET", "/api/v1/payments", query=query)
        return Page(
            found,
            lambda last: self.list(
                status=status,
                created_after=created_after,
                created_before=created_before,
                reference=reference,
                phone=phone,
                provider=provider,
                operator=operator,
                currency=currency,
                metadata=metadata,
                expand=expand,
                limit=limit,
                starting_after=last,
            ),
        )

    def create(
        self,
        body: models.PaymentInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.Payment:
        """Create a payment."""
        return cast(
            "models.Payment",
            self._connection.call(
                "POST",
                "/api/v1/payments",
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def get(
        self,
        payment_id: str,
        *,
        expand: Sequence[Literal["attempts"]] | None = None,
    ) -> models.PaymentWithAttempts:
        """Get a payment."""
        query: dict[str, Any] = {"expand": expand}
        return cast(
            "models.PaymentWithAttempts",
            self._connection.call(
                "GET", "/api/v1/payments/{payment_id}", ids={"payment_id": payment_id}, query=query
            ),
        )

    def cancel(
        self,
        payment_id: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.Payment:
        """Cancel a payment."""
        return cast(
            "models.Payment",
            self._connection.call(
                "POST",
                "/api/v1/payments/{payment_id}/cancel",
                ids={"payment_id": payment_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def attempts_list(
        self,
        payment_id: str,
    ) -> Sequence[models.Attempt]:
        """List the attempts of a payment."""
        return cast(
            "Sequence[models.Attempt]",
            self._connection.call(
                "GET", "/api/v1/payments/{payment_id}/attempts", ids={"payment_id": payment_id}
            )["data"],
        )

    def timeline_list(
        self,
        payment_id: str,
    ) -> Sequence[models.TimelineEntry]:
        """Get the timeline of a payment."""
        return cast(
            "Sequence[models.TimelineEntry]",
            self._connection.call(
                "GET", "/api/v1/payments/{payment_id}/timeline", ids={"payment_id": payment_id}
            )["data"],
        )

    def refunds_list(
        self,
        payment_id: str,
        *,
        status: Sequence[
            Literal[
                "needs_approval",
                "pending",
                "processing",
                "verifying",
                "succeeded",
                "failed",
                "canceled",
            ]
        ]
        | None = None,
        created_after: str | None = None,
        created_before: str | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.Refund]:
        """List the refunds of a payment."""
        query: dict[str, Any] = {
            "status": status,
            "created_after": created_after,
            "created_before": created_before,
            "limit": limit,
            "starting_after": starting_after,
        }
        found = self._connection.call(
            "GET",
            "/api/v1/payments/{payment_id}/refunds",
            ids={"payment_id": payment_id},
            query=query,
        )
        return Page(
            found,
            lambda last: self.refunds_list(
                payment_id,
                status=status,
                created_after=created_after,
                created_before=created_before,
                limit=limit,
                starting_after=last,
            ),
        )

    def disputes_list(
        self,
        payment_id: str,
        *,
        status: Sequence[
            Literal["needs_response", "under_review", "won", "lost", "partly_lost", "withdrawn"]
        ]
        | None = None,
        created_after: str | None = None,
        created_before: str | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.Dispute]:
        """List the disputes of a payment."""
        query: dict[str, Any] = {
            "status": status,
            "created_after": created_after,
            "created_before": created_before,
            "limit": limit,
            "starting_after": starting_after,
        }
        found = self._connection.call(
            "GET",
            "/api/v1/payments/{payment_id}/disputes",
            ids={"payment_id": payment_id},
            query=query,
        )
        return Page(
            found,
            lambda last: self.disputes_list(
                payment_id,
                status=status,
                created_after=created_after,
                created_before=created_before,
                limit=limit,
                starting_after=last,
            ),
        )


class Orange:
    def __init__(self, connection: Connection):
        self._connection = connection

    def payment(
        self,
        body: models.RailPaymentInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.Payment:
        """Create an Orange Money payment."""
        return cast(
            "models.Payment",
            self._connection.call(
                "POST",
                "/api/v1/orange/payment",
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def status_get(
        self,
        id_or_reference: str,
    ) -> models.Payment:
        """Get an Orange Money payment."""
        return cast(
            "models.Payment",
            self._connection.call(
                "GET",
                "/api/v1/orange/status/{id_or_reference}",
                ids={"id_or_reference": id_or_reference},
            ),
        )

    def refund(
        self,
        body: models.RailRefundInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.Refund:
        """Refund an Orange Money payment."""
        return cast(
            "models.Refund",
            self._connection.call(
                "POST",
                "/api/v1/orange/refund",
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )


class Mtn:
    def __init__(self, connection: Connection):
        self._connection = connection

    def collection(
        self,
        body: models.RailPaymentInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.Payment:
        """Create an MTN MoMo payment."""
        return cast(
            "models.Payment",
            self._connection.call(
                "POST",
                "/api/v1/mtn/collection",
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def status_get(
        self,
        id_or_reference: str,
    ) -> models.Payment:
        """Get an MTN MoMo payment."""
        return cast(
            "models.Payment",
            self._connection.call(
                "GET",
                "/api/v1/mtn/status/{id_or_reference}",
                ids={"id_or_reference": id_or_reference},
            ),
        )

    def disbursement(
        self,
        body: models.RailPayoutInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.Payout:
        """Create an MTN MoMo payout."""
        return cast(
            "models.Payout",
            self._connection.call(
                "POST",
                "/api/v1/mtn/disbursement",
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def disbursement_status_get(
        self,
        id_or_reference: str,
    ) -> models.Payout:
        """Get an MTN MoMo payout."""
        return cast(
            "models.Payout",
            self._connection.call(
                "GET",
                "/api/v1/mtn/disbursement/status/{id_or_reference}",
                ids={"id_or_reference": id_or_reference},
            ),
        )


class Refunds:
    def __init__(self, connection: Connection):
        self._connection = connection

    def list(
        self,
        *,
        payment: str | None = None,
        status: Sequence[
            Literal[
                "needs_approval",
                "pending",
                "processing",
                "verifying",
                "succeeded",
                "failed",
                "canceled",
            ]
        ]
        | None = None,
        created_after: str | None = None,
        created_before: str | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.Refund]:
        """List refunds."""
        query: dict[str, Any] = {
            "payment": payment,
            "status": status,
            "created_after": created_after,
            "created_before": created_before,
            "limit": limit,
            "starting_after": starting_after,
        }
        found = self._connection.call("GET", "/api/v1/refunds", query=query)
        return Page(
            found,
            lambda last: self.list(
                payment=payment,
                status=status,
                created_after=created_after,
                created_before=created_before,
                limit=limit,
                starting_after=last,
            ),
        )

    def create(
        self,
        body: models.RefundInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.Refund:
        """Create a refund."""
        return cast(
            "models.Refund",
            self._connection.call(
                "POST",
                "/api/v1/refunds",
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def get(
        self,
        refund_id: str,
    ) -> models.Refund:
        """Get a refund."""
        return cast(
            "models.Refund",
            self._connection.call(
                "GET", "/api/v1/refunds/{refund_id}", ids={"refund_id": refund_id}
            ),
        )

    def cancel(
        self,
        refund_id: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.Refund:
        """Cancel a refund."""
        return cast(
            "models.Refund",
            self._connection.call(
                "POST",
                "/api/v1/refunds/{refund_id}/cancel",
                ids={"refund_id": refund_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def timeline_list(
        self,
        refund_id: str,
    ) -> Sequence[models.TimelineEntry]:
        """Get the timeline of a refund."""
        return cast(
            "Sequence[models.TimelineEntry]",
            self._connection.call(
                "GET", "/api/v1/refunds/{refund_id}/timeline", ids={"refund_id": refund_id}
            )["data"],
        )


class Payouts:
    def __init__(self, connection: Connection):
        self._connection = connection

    def list(
        self,
        *,
        status: Sequence[
            Literal[
                "needs_approval",
                "pending",
                "processing",
                "verifying",
                "succeeded",
                "failed",
                "canceled",
            ]
        ]
        | None = None,
        created_after: str | None = None,
        created_before: str | None = None,
        reference: str | None = None,
        phone: str | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.Payout]:
        """List payouts."""
        query: dict[str, Any] = {
            "status": status,
            "created_after": created_after,
            "created_before": created_before,
            "reference": reference,
            "phone": phone,
            "limit": limit,
            "starting_after": starting_after,
        }
        found = self._connection.call("GET", "/api/v1/payouts", query=query)
        return Page(
            found,
            lambda last: self.list(
                status=status,
                created_after=created_after,
                created_before=created_before,
                reference=reference,
                phone=phone,
                limit=limit,
                starting_after=last,
            ),
        )

    def create(
        self,
        body: models.PayoutInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.Payout:
        """Create a payout."""
        return cast(
            "models.Payout",
            self._connection.call(
                "POST",
                "/api/v1/payouts",
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def get(
        self,
        payout_id: str,
    ) -> models.Payout:
        """Get a payout."""
        return cast(
            "models.Payout",
            self._connection.call(
                "GET", "/api/v1/payouts/{payout_id}", ids={"payout_id": payout_id}
            ),
        )

    def cancel(
        self,
        payout_id: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.Payout:
        """Cancel a payout."""
        return cast(
            "models.Payout",
            self._connection.call(
                "POST",
                "/api/v1/payouts/{payout_id}/cancel",
                ids={"payout_id": payout_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def timeline_list(
        self,
        payout_id: str,
    ) -> Sequence[models.TimelineEntry]:
        """Get the timeline of a payout."""
        return cast(
            "Sequence[models.TimelineEntry]",
            self._connection.call(
                "GET", "/api/v1/payouts/{payout_id}/timeline", ids={"payout_id": payout_id}
            )["data"],
        )


class PayoutBatches:
    def __init__(self, connection: Connection):
        self._connection = connection

    def list(
        self,
        *,
        status: Sequence[
            Literal[
                "checking",
                "draft",
                "needs_approval",
                "scheduled",
                "running",
                "paused",
                "completed",
                "canceling",
                "canceled",
            ]
        ]
        | None = None,
        created_after: str | None = None,
        created_before: str | None = None,
        reference: str | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.PayoutBatch]:
        """List batches of payouts."""
        query: dict[str, Any] = {
            "status": status,
            "created_after": created_after,
            "created_before": created_before,
            "reference": reference,
            "limit": limit,
            "starting_after": starting_after,
        }
        found = self._connection.call("GET", "/api/v1/payout_batches", query=query)
        return Page(
            found,
            lambda last: self.list(
                status=status,
                created_after=created_after,
                created_before=created_before,
                reference=reference,
                limit=limit,
                starting_after=last,
            ),
        )

    def create(
        self,
        body: models.PayoutBatchInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.PayoutBatch:
        """Create a batch of payouts."""
        return cast(
            "models.PayoutBatch",
            self._connection.call(
                "POST",
                "/api/v1/payout_batches",
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def create_from_file(
        self,
        file: str | PathLike[str] | FilePart,
        *,
        currency: str | None = None,
        reference: str | None = None,
        description: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.PayoutBatch:
        """Create a batch of payouts, of a file on this machine, in pieces."""
        return cast(
            "models.PayoutBatch",
            self._connection.call(
                "POST",
                "/api/v1/payout_batches",
                file=file,
                form={"currency": currency, "reference": reference, "description": description},
                idempotency_key=idempotency_key,
            ),
        )

    def get(
        self,
        batch_id: str,
    ) -> models.PayoutBatch:
        """Get a batch of payouts."""
        return cast(
            "models.PayoutBatch",
            self._connection.call(
                "GET", "/api/v1/payout_batches/{batch_id}", ids={"batch_id": batch_id}
            ),
        )

    def report_get(
        self,
        batch_id: str,
    ) -> models.BatchReport:
        """Get the report of a batch."""
        return cast(
            "models.BatchReport",
            self._connection.call(
                "GET", "/api/v1/payout_batches/{batch_id}/report", ids={"batch_id": batch_id}
            ),
        )

    def discard(
        self,
        batch_id: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.PayoutBatch:
        """Discard a draft."""
        return cast(
            "models.PayoutBatch",
            self._connection.call(
                "POST",
                "/api/v1/payout_batches/{batch_id}/discard",
                ids={"batch_id": batch_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def lines_list(
        self,
        batch_id: str,
        *,
        status: Sequence[
            Literal["invalid", "ready", "dropped", "sent", "succeeded", "failed", "canceled"]
        ]
        | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.PayoutBatchLine]:
        """List the lines of a batch."""
        query: dict[str, Any] = {"status": status, "limit": limit, "starting_after": starting_after}
        found = self._connection.call(
            "GET",
            "/api/v1/payout_batches/{batch_id}/lines",
            ids={"batch_id": batch_id},
            query=query,
        )
        return Page(
            found,
            lambda last: self.lines_list(batch_id, status=status, limit=limit, starting_after=last),
        )

    def lines_update(
        self,
        batch_id: str,
        line_number: str,
        body: models.LineInput,
    ) -> models.PayoutBatchLine:
        """Correct a line."""
        return cast(
            "models.PayoutBatchLine",
            self._connection.call(
                "PATCH",
                "/api/v1/payout_batches/{batch_id}/lines/{line_number}",
                ids={"batch_id": batch_id, "line_number": line_number},
                body=cast(Mapping[str, Any], body),
            ),
        )

    def lines_drop(
        self,
        batch_id: str,
        line_number: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.PayoutBatchLine:
        """Drop a line."""
        return cast(
            "models.PayoutBatchLine",
            self._connection.call(
                "POST",
                "/api/v1/payout_batches/{batch_id}/lines/{line_number}/drop",
                ids={"batch_id": batch_id, "line_number": line_number},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def lines_restore(
        self,
        batch_id: str,
        line_number: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.PayoutBatchLine:
        """Restore a line."""
        return cast(
            "models.PayoutBatchLine",
            self._connection.call(
                "POST",
                "/api/v1/payout_batches/{batch_id}/lines/{line_number}/restore",
                ids={"batch_id": batch_id, "line_number": line_number},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def lines_confirm(
        self,
        batch_id: str,
        line_number: str,
        body: models.ConfirmationInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.PayoutBatchLine:
        """Confirm the payee of a line."""
        return cast(
            "models.PayoutBatchLine",
            self._connection.call(
                "POST",
                "/api/v1/payout_batches/{batch_id}/lines/{line_number}/confirm",
                ids={"batch_id": batch_id, "line_number": line_number},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def submit(
        self,
        batch_id: str,
        body: models.SubmissionInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.PayoutBatch:
        """Submit a payout batch."""
        return cast(
            "models.PayoutBatch",
            self._connection.call(
                "POST",
                "/api/v1/payout_batches/{batch_id}/submit",
                ids={"batch_id": batch_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def approve(
        self,
        batch_id: str,
        body: models.ApprovalInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.PayoutBatch:
        """Approve a payout batch."""
        return cast(
            "models.PayoutBatch",
            self._connection.call(
                "POST",
                "/api/v1/payout_batches/{batch_id}/approve",
                ids={"batch_id": batch_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def reject(
        self,
        batch_id: str,
        body: models.RejectionInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.PayoutBatch:
        """Reject a payout batch."""
        return cast(
            "models.PayoutBatch",
            self._connection.call(
                "POST",
                "/api/v1/payout_batches/{batch_id}/reject",
                ids={"batch_id": batch_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def start(
        self,
        batch_id: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.PayoutBatch:
        """Start a scheduled payout batch."""
        return cast(
            "models.PayoutBatch",
            self._connection.call(
                "POST",
                "/api/v1/payout_batches/{batch_id}/start",
                ids={"batch_id": batch_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def pause(
        self,
        batch_id: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.PayoutBatch:
        """Pause a payout batch."""
        return cast(
            "models.PayoutBatch",
            self._connection.call(
                "POST",
                "/api/v1/payout_batches/{batch_id}/pause",
                ids={"batch_id": batch_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def resume(
        self,
        batch_id: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.PayoutBatch:
        """Resume a payout batch."""
        return cast(
            "models.PayoutBatch",
            self._connection.call(
                "POST",
                "/api/v1/payout_batches/{batch_id}/resume",
                ids={"batch_id": batch_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def cancel(
        self,
        batch_id: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.PayoutBatch:
        """Cancel a payout batch."""
        return cast(
            "models.PayoutBatch",
            self._connection.call(
                "POST",
                "/api/v1/payout_batches/{batch_id}/cancel",
                ids={"batch_id": batch_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def retry(
        self,
        batch_id: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.PayoutBatch:
        """Send again what failed of a payout batch."""
        return cast(
            "models.PayoutBatch",
            self._connection.call(
                "POST",
                "/api/v1/payout_batches/{batch_id}/retry",
                ids={"batch_id": batch_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def results_get(
        self,
        batch_id: str,
        *,
        format: Literal["csv", "xlsx", "pain.002.001.03", "pain.002.001.10", "pdf"] | None = None,
    ) -> models.PayoutBatchResults:
        """Get the results of a payout batch."""
        query: dict[str, Any] = {"format": format}
        return cast(
            "models.PayoutBatchResults",
            self._connection.call(
                "GET",
                "/api/v1/payout_batches/{batch_id}/results",
                ids={"batch_id": batch_id},
                query=query,
            ),
        )


class Tickets:
    def __init__(self, connection: Connection):
        self._connection = connection

    def list(
        self,
        *,
        about: str | None = None,
        status: Sequence[
            Literal[
                "new",
                "open",
                "waiting_for_merchant",
                "waiting_for_payer",
                "waiting_for_provider",
                "resolved",
                "closed",
            ]
        ]
        | None = None,
        created_after: str | None = None,
        created_before: str | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.SupportTicket]:
        """List tickets."""
        query: dict[str, Any] = {
            "about": about,
            "status": status,
            "created_after": created_after,
            "created_before": created_before,
            "limit": limit,
            "starting_after": starting_after,
        }
        found = self._connection.call("GET", "/api/v1/tickets", query=query)
        return Page(
            found,
            lambda last: self.list(
                about=about,
                status=status,
                created_after=created_after,
                created_before=created_before,
                limit=limit,
                starting_after=last,
            ),
        )

    def create(
        self,
        body: models.TicketInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.SupportTicket:
        """Open a ticket."""
        return cast(
            "models.SupportTicket",
            self._connection.call(
                "POST",
                "/api/v1/tickets",
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def get(
        self,
        ticket_id: str,
    ) -> models.SupportTicket:
        """Get a ticket."""
        return cast(
            "models.SupportTicket",
            self._connection.call(
                "GET", "/api/v1/tickets/{ticket_id}", ids={"ticket_id": ticket_id}
            ),
        )

    def messages_list(
        self,
        ticket_id: str,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.TicketMessage]:
        """List the messages of a ticket."""
        query: dict[str, Any] = {"limit": limit, "starting_after": starting_after}
        found = self._connection.call(
            "GET", "/api/v1/tickets/{ticket_id}/messages", ids={"ticket_id": ticket_id}, query=query
        )
        return Page(
            found, lambda last: self.messages_list(ticket_id, limit=limit, starting_after=last)
        )

    def messages(
        self,
        ticket_id: str,
        body: models.MessageInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.TicketMessage:
        """Answer in a ticket."""
        return cast(
            "models.TicketMessage",
            self._connection.call(
                "POST",
                "/api/v1/tickets/{ticket_id}/messages",
                ids={"ticket_id": ticket_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def attachments_list(
        self,
        ticket_id: str,
    ) -> Sequence[models.TicketAttachment]:
        """List the files of a ticket."""
        return cast(
            "Sequence[models.TicketAttachment]",
            self._connection.call(
                "GET", "/api/v1/tickets/{ticket_id}/attachments", ids={"ticket_id": ticket_id}
            )["data"],
        )

    def attachments(
        self,
        ticket_id: str,
        body: models.AttachmentInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.TicketAttachment:
        """Add a file to a ticket."""
        return cast(
            "models.TicketAttachment",
            self._connection.call(
                "POST",
                "/api/v1/tickets/{ticket_id}/attachments",
                ids={"ticket_id": ticket_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def attachments_get(
        self,
        ticket_id: str,
        attachment_id: str,
    ) -> models.AttachmentContent:
        """Get a file of a ticket."""
        return cast(
            "models.AttachmentContent",
            self._connection.call(
                "GET",
                "/api/v1/tickets/{ticket_id}/attachments/{attachment_id}",
                ids={"ticket_id": ticket_id, "attachment_id": attachment_id},
            ),
        )

    def close(
        self,
        ticket_id: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.SupportTicket:
        """Close a ticket."""
        return cast(
            "models.SupportTicket",
            self._connection.call(
                "POST",
                "/api/v1/tickets/{ticket_id}/close",
                ids={"ticket_id": ticket_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def rating(
        self,
        ticket_id: str,
        body: models.RatingInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.SupportTicket:
        """Rate a ticket."""
        return cast(
            "models.SupportTicket",
            self._connection.call(
                "POST",
                "/api/v1/tickets/{ticket_id}/rating",
                ids={"ticket_id": ticket_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )


class Disputes:
    def __init__(self, connection: Connection):
        self._connection = connection

    def list(
        self,
        *,
        payment: str | None = None,
        status: Sequence[
            Literal["needs_response", "under_review", "won", "lost", "partly_lost", "withdrawn"]
        ]
        | None = None,
        created_after: str | None = None,
        created_before: str | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.Dispute]:
        """List disputes."""
        query: dict[str, Any] = {
            "payment": payment,
            "status": status,
            "created_after": created_after,
            "created_before": created_before,
            "limit": limit,
            "starting_after": starting_after,
        }
        found = self._connection.call("GET", "/api/v1/disputes", query=query)
        return Page(
            found,
            lambda last: self.list(
                payment=payment,
                status=status,
                created_after=created_after,
                created_before=created_before,
                limit=limit,
                starting_after=last,
            ),
        )

    def create(
        self,
        body: models.DisputeInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.Dispute:
        """Open a dispute."""
        return cast(
            "models.Dispute",
            self._connection.call(
                "POST",
                "/api/v1/disputes",
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def get(
        self,
        dispute_id: str,
    ) -> models.DisputeWithEvidence:
        """Get a dispute."""
        return cast(
            "models.DisputeWithEvidence",
            self._connection.call(
                "GET", "/api/v1/disputes/{dispute_id}", ids={"dispute_id": dispute_id}
            ),
        )

    def evidence(
        self,
        dispute_id: str,
        body: models.EvidenceInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.DisputeWithEvidence:
        """Add evidence to a dispute."""
        return cast(
            "models.DisputeWithEvidence",
            self._connection.call(
                "POST",
                "/api/v1/disputes/{dispute_id}/evidence",
                ids={"dispute_id": dispute_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def submit(
        self,
        dispute_id: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.Dispute:
        """Submit the evidence of a dispute."""
        return cast(
            "models.Dispute",
            self._connection.call(
                "POST",
                "/api/v1/disputes/{dispute_id}/submit",
                ids={"dispute_id": dispute_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def accept(
        self,
        dispute_id: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.Dispute:
        """Accept a dispute."""
        return cast(
            "models.Dispute",
            self._connection.call(
                "POST",
                "/api/v1/disputes/{dispute_id}/accept",
                ids={"dispute_id": dispute_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )


class PayoutBatchUploads:
    def __init__(self, connection: Connection):
        self._connection = connection

    def create(
        self,
        body: models.PayoutBatchUploadInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.PayoutBatchUpload:
        """Begin an upload."""
        return cast(
            "models.PayoutBatchUpload",
            self._connection.call(
                "POST",
                "/api/v1/payout_batch_uploads",
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def get(
        self,
        upload_id: str,
    ) -> models.PayoutBatchUpload:
        """Get an upload."""
        return cast(
            "models.PayoutBatchUpload",
            self._connection.call(
                "GET", "/api/v1/payout_batch_uploads/{upload_id}", ids={"upload_id": upload_id}
            ),
        )

    def pieces(
        self,
        upload_id: str,
        body: models.UploadPieceInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.PayoutBatchUpload:
        """Send a piece."""
        return cast(
            "models.PayoutBatchUpload",
            self._connection.call(
                "POST",
                "/api/v1/payout_batch_uploads/{upload_id}/pieces",
                ids={"upload_id": upload_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def pieces_from_file(
        self,
        upload_id: str,
        file: str | PathLike[str] | FilePart,
        *,
        offset: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.PayoutBatchUpload:
        """Send a piece, of a file on this machine, in pieces."""
        return cast(
            "models.PayoutBatchUpload",
            self._connection.call(
                "POST",
                "/api/v1/payout_batch_uploads/{upload_id}/pieces",
                file=file,
                ids={"upload_id": upload_id},
                form={"offset": offset},
                idempotency_key=idempotency_key,
            ),
        )

    def finish(
        self,
        upload_id: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.PayoutBatch:
        """Finish an upload."""
        return cast(
            "models.PayoutBatch",
            self._connection.call(
                "POST",
                "/api/v1/payout_batch_uploads/{upload_id}/finish",
                ids={"upload_id": upload_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def discard(
        self,
        upload_id: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.PayoutBatchUpload:
        """Discard an upload."""
        return cast(
            "models.PayoutBatchUpload",
            self._connection.call(
                "POST",
                "/api/v1/payout_batch_uploads/{upload_id}/discard",
                ids={"upload_id": upload_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )


class Approvals:
    def __init__(self, connection: Connection):
        self._connection = connection

    def list(
        self,
        *,
        status: Sequence[Literal["pending", "approved", "rejected", "expired", "withdrawn"]]
        | None = None,
        created_after: str | None = None,
        created_before: str | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.Approval]:
        """List approvals."""
        query: dict[str, Any] = {
            "status": status,
            "created_after": created_after,
            "created_before": created_before,
            "limit": limit,
            "starting_after": starting_after,
        }
        found = self._connection.call("GET", "/api/v1/approvals", query=query)
        return Page(
            found,
            lambda last: self.list(
                status=status,
                created_after=created_after,
                created_before=created_before,
                limit=limit,
                starting_after=last,
            ),
        )

    def get(
        self,
        approval_id: str,
    ) -> models.Approval:
        """Get an approval."""
        return cast(
            "models.Approval",
            self._connection.call(
                "GET", "/api/v1/approvals/{approval_id}", ids={"approval_id": approval_id}
            ),
        )

    def approve(
        self,
        approval_id: str,
        body: models.DecisionInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.Approval:
        """Approve what waits."""
        return cast(
            "models.Approval",
            self._connection.call(
                "POST",
                "/api/v1/approvals/{approval_id}/approve",
                ids={"approval_id": approval_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def reject(
        self,
        approval_id: str,
        body: models.DecisionWithReasonInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.Approval:
        """Reject what waits."""
        return cast(
            "models.Approval",
            self._connection.call(
                "POST",
                "/api/v1/approvals/{approval_id}/reject",
                ids={"approval_id": approval_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )


class PaymentMethods:
    def __init__(self, connection: Connection):
        self._connection = connection

    def predict(
        self,
        body: models.PaymentMethodInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.MethodPrediction:
        """Predict how a number can pay."""
        return cast(
            "models.MethodPrediction",
            self._connection.call(
                "POST",
                "/api/v1/payment_methods/predict",
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )


class Providers:
    def __init__(self, connection: Connection):
        self._connection = connection

    def availability_list(
        self,
        *,
        country: str | None = None,
        operation: Sequence[Literal["collect"]] | None = None,
    ) -> Sequence[models.Availability]:
        """List which rails are open."""
        query: dict[str, Any] = {"country": country, "operation": operation}
        return cast(
            "Sequence[models.Availability]",
            self._connection.call("GET", "/api/v1/providers/availability", query=query)["data"],
        )


class Status:
    def __init__(self, connection: Connection):
        self._connection = connection

    def list(
        self,
        *,
        country: str | None = None,
        operation: Sequence[Literal["collect", "refund", "disburse"]] | None = None,
    ) -> Sequence[models.RailStatus]:
        """List how the rails are."""
        query: dict[str, Any] = {"country": country, "operation": operation}
        return cast(
            "Sequence[models.RailStatus]",
            self._connection.call("GET", "/api/v1/status", query=query)["data"],
        )


class Balance:
    def __init__(self, connection: Connection):
        self._connection = connection

    def get(
        self,
    ) -> models.Balance:
        """Get the balance."""
        return cast("models.Balance", self._connection.call("GET", "/api/v1/balance"))

    def transfers_list(
        self,
        *,
        kind: Sequence[
            Literal[
                "gross",
                "fee",
                "fee_tax",
                "refund_held",
                "refund_returned",
                "payout_held",
                "payout_returned",
                "payout_fee_held",
                "payout_fee_back",
                "payout_tax_held",
                "payout_tax_back",
                "refund_fee_held",
                "refund_fee_back",
                "refund_tax_held",
                "refund_tax_back",
                "collect_fee_back",
                "collect_tax_back",
                "dispute_held",
                "dispute_returned",
                "batch_held",
                "batch_released",
                "batch_returned",
                "released",
                "reserve_held",
                "reserve_released",
                "settle_held",
                "settle_released",
                "settle_returned",
                "correction_in",
                "correction_out",
            ]
        ]
        | None = None,
        currency: Sequence[Literal["EUR", "USD", "XAF", "XOF"]] | None = None,
        payment: str | None = None,
        refund: str | None = None,
        payout: str | None = None,
        dispute: str | None = None,
        payout_batch: str | None = None,
        settlement: str | None = None,
        correction: str | None = None,
        created_after: str | None = None,
        created_before: str | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.Transfer]:
        """List the movements of the balance."""
        query: dict[str, Any] = {
            "kind": kind,
            "currency": currency,
            "payment": payment,
            "refund": refund,
            "payout": payout,
            "dispute": dispute,
            "payout_batch": payout_batch,
            "settlement": settlement,
            "correction": correction,
            "created_after": created_after,
            "created_before": created_before,
            "limit": limit,
            "starting_after": starting_after,
        }
        found = self._connection.call("GET", "/api/v1/balance/transfers", query=query)
        return Page(
            found,
            lambda last: self.transfers_list(
                kind=kind,
                currency=currency,
                payment=payment,
                refund=refund,
                payout=payout,
                dispute=dispute,
                payout_batch=payout_batch,
                settlement=settlement,
                correction=correction,
                created_after=created_after,
                created_before=created_before,
                limit=limit,
                starting_after=last,
            ),
        )


class Fees:
    def __init__(self, connection: Connection):
        self._connection = connection

    def list(
        self,
    ) -> Sequence[models.Fee]:
        """List your fees."""
        return cast("Sequence[models.Fee]", self._connection.call("GET", "/api/v1/fees")["data"])


class Settlements:
    def __init__(self, connection: Connection):
        self._connection = connection

    def list(
        self,
        *,
        status: Sequence[
            Literal["carried_over", "waiting", "on_hold", "filed", "sent", "paid", "failed"]
        ]
        | None = None,
        currency: Sequence[Literal["EUR", "USD", "XAF", "XOF"]] | None = None,
        created_after: str | None = None,
        created_before: str | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.Settlement]:
        """List settlements."""
        query: dict[str, Any] = {
            "status": status,
            "currency": currency,
            "created_after": created_after,
            "created_before": created_before,
            "limit": limit,
            "starting_after": starting_after,
        }
        found = self._connection.call("GET", "/api/v1/settlements", query=query)
        return Page(
            found,
            lambda last: self.list(
                status=status,
                currency=currency,
                created_after=created_after,
                created_before=created_before,
                limit=limit,
                starting_after=last,
            ),
        )

    def get(
        self,
        settlement_id: str,
    ) -> models.Settlement:
        """Get a settlement."""
        return cast(
            "models.Settlement",
            self._connection.call(
                "GET", "/api/v1/settlements/{settlement_id}", ids={"settlement_id": settlement_id}
            ),
        )

    def lines_list(
        self,
        settlement_id: str,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.SettlementLine]:
        """List the lines of a settlement."""
        query: dict[str, Any] = {"limit": limit, "starting_after": starting_after}
        found = self._connection.call(
            "GET",
            "/api/v1/settlements/{settlement_id}/lines",
            ids={"settlement_id": settlement_id},
            query=query,
        )
        return Page(
            found, lambda last: self.lines_list(settlement_id, limit=limit, starting_after=last)
        )

    def file_get(
        self,
        settlement_id: str,
        *,
        format: Literal["csv", "xlsx", "pdf", "camt.053.001.08"] | None = None,
    ) -> models.SettlementFile:
        """Get a settlement as a file."""
        query: dict[str, Any] = {"format": format}
        return cast(
            "models.SettlementFile",
            self._connection.call(
                "GET",
                "/api/v1/settlements/{settlement_id}/file",
                ids={"settlement_id": settlement_id},
                query=query,
            ),
        )


class DayReports:
    def __init__(self, connection: Connection):
        self._connection = connection

    def list(
        self,
        *,
        first_day: str | None = None,
        last_day: str | None = None,
        currency: Sequence[Literal["EUR", "USD", "XAF", "XOF"]] | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.DayReport]:
        """List day reports."""
        query: dict[str, Any] = {
            "first_day": first_day,
            "last_day": last_day,
            "currency": currency,
            "limit": limit,
            "starting_after": starting_after,
        }
        found = self._connection.call("GET", "/api/v1/day_reports", query=query)
        return Page(
            found,
            lambda last: self.list(
                first_day=first_day,
                last_day=last_day,
                currency=currency,
                limit=limit,
                starting_after=last,
            ),
        )

    def get(
        self,
        day_report_id: str,
    ) -> models.DayReport:
        """Get a day report."""
        return cast(
            "models.DayReport",
            self._connection.call(
                "GET", "/api/v1/day_reports/{day_report_id}", ids={"day_report_id": day_report_id}
            ),
        )

    def file_get(
        self,
        day_report_id: str,
        *,
        format: Literal["xml", "camt.053.001.08", "csv", "xlsx", "pdf"] | None = None,
    ) -> models.DayReportFile:
        """Get a day report as a file."""
        query: dict[str, Any] = {"format": format}
        return cast(
            "models.DayReportFile",
            self._connection.call(
                "GET",
                "/api/v1/day_reports/{day_report_id}/file",
                ids={"day_report_id": day_report_id},
                query=query,
            ),
        )


class ApiKeys:
    def __init__(self, connection: Connection):
        self._connection = connection

    def list(
        self,
        *,
        status: Sequence[Literal["active", "waiting", "expired", "revoked"]] | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.ApiKey]:
        """List API keys."""
        query: dict[str, Any] = {"status": status, "limit": limit, "starting_after": starting_after}
        found = self._connection.call("GET", "/api/v1/api_keys", query=query)
        return Page(found, lambda last: self.list(status=status, limit=limit, starting_after=last))

    def create(
        self,
        body: models.ApiKeyInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.ApiKeyWithSecret:
        """Make an API key."""
        return cast(
            "models.ApiKeyWithSecret",
            self._connection.call(
                "POST",
                "/api/v1/api_keys",
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def get(
        self,
        key_id: str,
    ) -> models.ApiKey:
        """Get an API key."""
        return cast(
            "models.ApiKey",
            self._connection.call("GET", "/api/v1/api_keys/{key_id}", ids={"key_id": key_id}),
        )

    def update(
        self,
        key_id: str,
        body: models.ApiKeyChangeInput,
    ) -> models.ApiKey:
        """Change an API key."""
        return cast(
            "models.ApiKey",
            self._connection.call(
                "PATCH",
                "/api/v1/api_keys/{key_id}",
                ids={"key_id": key_id},
                body=cast(Mapping[str, Any], body),
            ),
        )

    def delete(
        self,
        key_id: str,
    ) -> models.ApiKey:
        """Revoke an API key."""
        return cast(
            "models.ApiKey",
            self._connection.call("DELETE", "/api/v1/api_keys/{key_id}", ids={"key_id": key_id}),
        )

    def rotate(
        self,
        key_id: str,
        body: models.RotationInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.ApiKeyWithSecret:
        """Rotate an API key."""
        return cast(
            "models.ApiKeyWithSecret",
            self._connection.call(
                "POST",
                "/api/v1/api_keys/{key_id}/rotate",
                ids={"key_id": key_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def successor(
        self,
        key_id: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.ApiKeyWithSecret:
        """Collect the successor of an API key."""
        return cast(
            "models.ApiKeyWithSecret",
            self._connection.call(
                "POST",
                "/api/v1/api_keys/{key_id}/successor",
                ids={"key_id": key_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )


class Me:
    def __init__(self, connection: Connection):
        self._connection = connection

    def get(
        self,
    ) -> models.Me:
        """Get the caller."""
        return cast("models.Me", self._connection.call("GET", "/api/v1/me"))


class WebhookEndpoints:
    def __init__(self, connection: Connection):
        self._connection = connection

    def list(
        self,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.WebhookEndpoint]:
        """List webhook endpoints."""
        query: dict[str, Any] = {"limit": limit, "starting_after": starting_after}
        found = self._connection.call("GET", "/api/v1/webhook_endpoints", query=query)
        return Page(found, lambda last: self.list(limit=limit, starting_after=last))

    def create(
        self,
        body: models.WebhookEndpointInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.WebhookEndpointWithSecret:
        """Register a webhook endpoint."""
        return cast(
            "models.WebhookEndpointWithSecret",
            self._connection.call(
                "POST",
                "/api/v1/webhook_endpoints",
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def get(
        self,
        endpoint_id: str,
    ) -> models.WebhookEndpoint:
        """Get a webhook endpoint."""
        return cast(
            "models.WebhookEndpoint",
            self._connection.call(
                "GET", "/api/v1/webhook_endpoints/{endpoint_id}", ids={"endpoint_id": endpoint_id}
            ),
        )

    def update(
        self,
        endpoint_id: str,
        body: models.WebhookEndpointChanges,
    ) -> models.WebhookEndpoint:
        """Change a webhook endpoint."""
        return cast(
            "models.WebhookEndpoint",
            self._connection.call(
                "PATCH",
                "/api/v1/webhook_endpoints/{endpoint_id}",
                ids={"endpoint_id": endpoint_id},
                body=cast(Mapping[str, Any], body),
            ),
        )

    def delete(
        self,
        endpoint_id: str,
    ) -> models.WebhookEndpointDeleted:
        """Delete a webhook endpoint."""
        return cast(
            "models.WebhookEndpointDeleted",
            self._connection.call(
                "DELETE",
                "/api/v1/webhook_endpoints/{endpoint_id}",
                ids={"endpoint_id": endpoint_id},
            ),
        )

    def rotate_secret(
        self,
        endpoint_id: str,
        body: models.SecretRotationInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.WebhookEndpointWithSecret:
        """Rotate the signing secret."""
        return cast(
            "models.WebhookEndpointWithSecret",
            self._connection.call(
                "POST",
                "/api/v1/webhook_endpoints/{endpoint_id}/rotate_secret",
                ids={"endpoint_id": endpoint_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def test(
        self,
        endpoint_id: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.WebhookDelivery:
        """Send a test event."""
        return cast(
            "models.WebhookDelivery",
            self._connection.call(
                "POST",
                "/api/v1/webhook_endpoints/{endpoint_id}/test",
                ids={"endpoint_id": endpoint_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def resume(
        self,
        endpoint_id: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.WebhookEndpoint:
        """Resume a paused webhook endpoint."""
        return cast(
            "models.WebhookEndpoint",
            self._connection.call(
                "POST",
                "/api/v1/webhook_endpoints/{endpoint_id}/resume",
                ids={"endpoint_id": endpoint_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def replay(
        self,
        endpoint_id: str,
        body: models.WebhookReplayInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.WebhookReplay:
        """Replay events to a webhook endpoint."""
        return cast(
            "models.WebhookReplay",
            self._connection.call(
                "POST",
                "/api/v1/webhook_endpoints/{endpoint_id}/replay",
                ids={"endpoint_id": endpoint_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def deliveries_list(
        self,
        endpoint_id: str,
        *,
        status: Sequence[Literal["pending", "delivered", "failed"]] | None = None,
        type: Sequence[
            Literal[
                "payment.created",
                "payment.pending",
                "payment.requires_action",
                "payment.authorized",
                "payment.verifying",
                "payment.succeeded",
                "payment.succeeded_late",
                "payment.failed",
                "payment.expired",
                "payment.canceled",
                "refund.created",
                "refund.needs_approval",
                "refund.approved",
                "refund.pending",
                "refund.processing",
                "refund.verifying",
                "refund.succeeded",
                "refund.succeeded_late",
                "refund.failed",
                "refund.canceled",
                "payout.created",
                "payout.needs_approval",
                "payout.approved",
                "payout.pending",
                "payout.processing",
                "payout.verifying",
                "payout.succeeded",
                "payout.succeeded_late",
                "payout.failed",
                "payout.canceled",
                "payout_batch.created",
                "payout_batch.draft",
                "payout_batch.needs_approval",
                "payout_batch.rejected",
                "payout_batch.scheduled",
                "payout_batch.running",
                "payout_batch.progressed",
                "payout_batch.paused",
                "payout_batch.resumed",
                "payout_batch.completed",
                "payout_batch.canceling",
                "payout_batch.canceled",
                "approval.requested",
                "approval.approved",
                "approval.rejected",
                "approval.expired",
                "approval.withdrawn",
                "settlement.created",
                "settlement.waiting",
                "settlement.on_hold",
                "settlement.filed",
                "settlement.sent",
                "settlement.paid",
                "settlement.failed",
                "ticket.created",
                "ticket.answered",
                "ticket.resolved",
                "dispute.opened",
                "dispute.evidence_due",
                "dispute.under_review",
                "dispute.won",
                "dispute.lost",
                "dispute.partly_lost",
                "dispute.withdrawn",
                "api_key.created",
                "api_key.updated",
                "api_key.rotation_started",
                "api_key.rotated",
                "api_key.expiring",
                "api_key.expired",
                "api_key.revoked",
                "webhook_endpoint.created",
                "webhook_endpoint.updated",
                "webhook_endpoint.secret_rotated",
                "webhook_endpoint.paused",
                "webhook_endpoint.resumed",
                "webhook_endpoint.deliveries_failed",
                "webhook_endpoint.deleted",
                "webhook_endpoint.test",
                "payment.*",
                "refund.*",
                "payout.*",
                "payout_batch.*",
                "approval.*",
                "settlement.*",
                "ticket.*",
                "dispute.*",
                "api_key.*",
                "webhook_endpoint.*",
            ]
        ]
        | None = None,
        created_after: str | None = None,
        created_before: str | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.WebhookDelivery]:
        """List deliveries to a webhook endpoint."""
        query: dict[str, Any] = {
            "status": status,
            "type": type,
            "created_after": created_after,
            "created_before": created_before,
            "limit": limit,
            "starting_after": starting_after,
        }
        found = self._connection.call(
            "GET",
            "/api/v1/webhook_endpoints/{endpoint_id}/deliveries",
            ids={"endpoint_id": endpoint_id},
            query=query,
        )
        return Page(
            found,
            lambda last: self.deliveries_list(
                endpoint_id,
                status=status,
                type=type,
                created_after=created_after,
                created_before=created_before,
                limit=limit,
                starting_after=last,
            ),
        )

    def deliveries_get(
        self,
        endpoint_id: str,
        delivery_id: str,
    ) -> models.WebhookDelivery:
        """Get a delivery."""
        return cast(
            "models.WebhookDelivery",
            self._connection.call(
                "GET",
                "/api/v1/webhook_endpoints/{endpoint_id}/deliveries/{delivery_id}",
                ids={"endpoint_id": endpoint_id, "delivery_id": delivery_id},
            ),
        )

    def deliveries_resend(
        self,
        endpoint_id: str,
        delivery_id: str,
        body: models.NoInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.WebhookDelivery:
        """Send a delivery again."""
        return cast(
            "models.WebhookDelivery",
            self._connection.call(
                "POST",
                "/api/v1/webhook_endpoints/{endpoint_id}/deliveries/{delivery_id}/resend",
                ids={"endpoint_id": endpoint_id, "delivery_id": delivery_id},
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )


class Reports:
    def __init__(self, connection: Connection):
        self._connection = connection

    def summary_get(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        operation: Sequence[Literal["collect", "refund", "disburse"]] | None = None,
        provider: Sequence[Literal["mtn_momo", "orange_webpay", "wave"]] | None = None,
        operator: Sequence[Literal["mtn", "orange", "moov", "airtel", "wave"]] | None = None,
        currency: Sequence[Literal["EUR", "USD", "XAF", "XOF"]] | None = None,
        country: str | None = None,
        method: str | None = None,
        group_by: Sequence[
            Literal["operation", "provider", "country", "operator", "method", "currency"]
        ]
        | None = None,
    ) -> models.Summary:
        """Get figures of a period."""
        query: dict[str, Any] = {
            "from": from_,
            "to": to,
            "operation": operation,
            "provider": provider,
            "operator": operator,
            "currency": currency,
            "country": country,
            "method": method,
            "group_by": group_by,
        }
        return cast(
            "models.Summary", self._connection.call("GET", "/api/v1/reports/summary", query=query)
        )

    def timeseries_get(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        operation: Sequence[Literal["collect", "refund", "disburse"]] | None = None,
        provider: Sequence[Literal["mtn_momo", "orange_webpay", "wave"]] | None = None,
        operator: Sequence[Literal["mtn", "orange", "moov", "airtel", "wave"]] | None = None,
        currency: Sequence[Literal["EUR", "USD", "XAF", "XOF"]] | None = None,
        country: str | None = None,
        method: str | None = None,
        group_by: Sequence[
            Literal["operation", "provider", "country", "operator", "method", "currency"]
        ]
        | None = None,
        interval: Literal["hour", "day", "week", "month"] | None = None,
    ) -> models.Timeseries:
        """Get figures over time."""
        query: dict[str, Any] = {
            "from": from_,
            "to": to,
            "operation": operation,
            "provider": provider,
            "operator": operator,
            "currency": currency,
            "country": country,
            "method": method,
            "group_by": group_by,
            "interval": interval,
        }
        return cast(
            "models.Timeseries",
            self._connection.call("GET", "/api/v1/reports/timeseries", query=query),
        )

    def failures_get(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        operation: Sequence[Literal["collect", "refund", "disburse"]] | None = None,
        provider: Sequence[Literal["mtn_momo", "orange_webpay", "wave"]] | None = None,
        operator: Sequence[Literal["mtn", "orange", "moov", "airtel", "wave"]] | None = None,
        currency: Sequence[Literal["EUR", "USD", "XAF", "XOF"]] | None = None,
        country: str | None = None,
        method: str | None = None,
        group_by: Sequence[
            Literal["operation", "provider", "country", "operator", "method", "currency"]
        ]
        | None = None,
    ) -> models.Failures:
        """Get the reasons of failures."""
        query: dict[str, Any] = {
            "from": from_,
            "to": to,
            "operation": operation,
            "provider": provider,
            "operator": operator,
            "currency": currency,
            "country": country,
            "method": method,
            "group_by": group_by,
        }
        return cast(
            "models.Failures", self._connection.call("GET", "/api/v1/reports/failures", query=query)
        )

    def response_times_get(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        operation: Sequence[Literal["collect", "refund", "disburse"]] | None = None,
        provider: Sequence[Literal["mtn_momo", "orange_webpay", "wave"]] | None = None,
        operator: Sequence[Literal["mtn", "orange", "moov", "airtel", "wave"]] | None = None,
        currency: Sequence[Literal["EUR", "USD", "XAF", "XOF"]] | None = None,
        country: str | None = None,
        method: str | None = None,
        group_by: Sequence[
            Literal["operation", "provider", "country", "operator", "method", "currency"]
        ]
        | None = None,
    ) -> models.ResponseTimes:
        """Get response times."""
        query: dict[str, Any] = {
            "from": from_,
            "to": to,
            "operation": operation,
            "provider": provider,
            "operator": operator,
            "currency": currency,
            "country": country,
            "method": method,
            "group_by": group_by,
        }
        return cast(
            "models.ResponseTimes",
            self._connection.call("GET", "/api/v1/reports/response_times", query=query),
        )

    def disputes_get(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        provider: Sequence[Literal["mtn_momo", "orange_webpay", "wave"]] | None = None,
        operator: Sequence[Literal["mtn", "orange", "moov", "airtel", "wave"]] | None = None,
        currency: Sequence[Literal["EUR", "USD", "XAF", "XOF"]] | None = None,
        country: str | None = None,
        method: str | None = None,
        reason: Sequence[
            Literal["wrong_payee", "wrong_amount", "service_not_rendered", "duplicate", "fraud"]
        ]
        | None = None,
        group_by: Sequence[
            Literal["provider", "country", "operator", "method", "currency", "reason"]
        ]
        | None = None,
    ) -> models.Disputes:
        """Get figures of disputes."""
        query: dict[str, Any] = {
            "from": from_,
            "to": to,
            "provider": provider,
            "operator": operator,
            "currency": currency,
            "country": country,
            "method": method,
            "reason": reason,
            "group_by": group_by,
        }
        return cast(
            "models.Disputes", self._connection.call("GET", "/api/v1/reports/disputes", query=query)
        )


class OauthApplications:
    def __init__(self, connection: Connection):
        self._connection = connection

    def list(
        self,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.Application]:
        """List OAuth applications."""
        query: dict[str, Any] = {"limit": limit, "starting_after": starting_after}
        found = self._connection.call("GET", "/api/v1/oauth_applications", query=query)
        return Page(found, lambda last: self.list(limit=limit, starting_after=last))

    def create(
        self,
        body: models.ApplicationInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.ApplicationWithSecret:
        """Register an OAuth application."""
        return cast(
            "models.ApplicationWithSecret",
            self._connection.call(
                "POST",
                "/api/v1/oauth_applications",
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def get(
        self,
        application_id: str,
    ) -> models.Application:
        """Get an OAuth application."""
        return cast(
            "models.Application",
            self._connection.call(
                "GET",
                "/api/v1/oauth_applications/{application_id}",
                ids={"application_id": application_id},
            ),
        )

    def update(
        self,
        application_id: str,
        body: models.ApplicationChangesInput,
    ) -> models.Application:
        """Change an OAuth application."""
        return cast(
            "models.Application",
            self._connection.call(
                "PATCH",
                "/api/v1/oauth_applications/{application_id}",
                ids={"application_id": application_id},
                body=cast(Mapping[str, Any], body),
            ),
        )

    def delete(
        self,
        application_id: str,
    ) -> models.ApplicationDeleted:
        """Delete an OAuth application."""
        return cast(
            "models.ApplicationDeleted",
            self._connection.call(
                "DELETE",
                "/api/v1/oauth_applications/{application_id}",
                ids={"application_id": application_id},
            ),
        )


class ClientCertificates:
    def __init__(self, connection: Connection):
        self._connection = connection

    def list(
        self,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
    ) -> Page[models.Certificate]:
        """List client certificates."""
        query: dict[str, Any] = {"limit": limit, "starting_after": starting_after}
        found = self._connection.call("GET", "/api/v1/client_certificates", query=query)
        return Page(found, lambda last: self.list(limit=limit, starting_after=last))

    def create(
        self,
        body: models.CertificateInput,
        *,
        idempotency_key: str | None = None,
    ) -> models.Certificate:
        """Register a client certificate."""
        return cast(
            "models.Certificate",
            self._connection.call(
                "POST",
                "/api/v1/client_certificates",
                body=cast(Mapping[str, Any], body),
                idempotency_key=idempotency_key,
            ),
        )

    def get(
        self,
        certificate_id: str,
    ) -> models.Certificate:
        """Get a client certificate."""
        return cast(
            "models.Certificate",
            self._connection.call(
                "GET",
                "/api/v1/client_certificates/{certificate_id}",
                ids={"certificate_id": certificate_id},
            ),
        )

    def delete(
        self,
        certificate_id: str,
    ) -> models.Certificate:
        """Revoke a client certificate."""
        return cast(
            "models.Certificate",
            self._connection.call(
                "DELETE",
                "/api/v1/client_certificates/{certificate_id}",
                ids={"certificate_id": certificate_id},
            ),
        )


class Client:
    """The API, one attribute a resource.

    Args:
        key: lomi_sk_test_… or lomi_sk_live_…, or an OAuth access token.
        url: where the platform is.
        ssl_context: with a client certificate, for mutual TLS.
    """

    def __init__(
        self,
        key: str,
        *,
        url: str = "http://127.0.0.1:8000",
        timeout_s: float = 30,
        ssl_context: ssl.SSLContext | None = None,
        connection: Connection | None = None,
    ):
        connection = connection or Connection(
            key, url=url, timeout_s=timeout_s, ssl_context=ssl_context
        )
        self.realtime = Realtime(connection)
        self.events = Events(connection)
        self.payments = Payments(connection)
        self.orange = Orange(connection)
        self.mtn = Mtn(connection)
        self.refunds = Refunds(connection)
        self.payouts = Payouts(connection)
        self.payout_batches = PayoutBatches(connection)
        self.tickets = Tickets(connection)
        self.disputes = Disputes(connection)
        self.payout_batch_uploads = PayoutBatchUploads(connection)
        self.approvals = Approvals(connection)
        self.payment_methods = PaymentMethods(connection)
        self.providers = Providers(connection)
        self.status = Status(connection)
        self.balance = Balance(connection)
        self.fees = Fees(connection)
        self.settlements = Settlements(connection)
        self.day_reports = DayReports(connection)
        self.api_keys = ApiKeys(connection)
        self.me = Me(connection)
        self.webhook_endpoints = WebhookEndpoints(connection)
        self.reports = Reports(connection)
        self.oauth_applications = OauthApplications(connection)
        self.client_certificates = ClientCertificates(connection)
