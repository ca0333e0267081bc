"""Why something cannot be done with a batch, each refusal with its code."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError


class PayoutBatchEmpty(DomainError):
    code = "payout_batch_empty"
    status = 422
    title = "No line of this batch can be paid."
    staff_words = _("No line of this batch can be paid: correct some first.")


class ScheduledAtTooFar(DomainError):
    code = "scheduled_at_too_far"
    status = 422
    title = "The time to send it at is more than a year away."
    staff_words = _("The time to send it at is more than a year away.")


class PayeeNamesDiffer(DomainError):
    code = "payout_batch_payees_differ"
    status = 409
    title = "The rail has another person's name for a payee: drop, correct or confirm the line."
    staff_words = _(
        "The operator has another person’s name for a payee: drop, correct or confirm the line."
    )


class PayeeNamesWaiting(DomainError):
    code = "payout_batch_payees_being_checked"
    status = 409
    title = "The names of its payees are still being checked: try again in a moment."
    staff_words = _("The names of its payees are still being checked: try again in a moment.")


class ScheduledAtPast(DomainError):
    code = "scheduled_at_past"
    status = 422
    title = "The time to send it at lies in the past."
    staff_words = _("The time to send it at lies in the past.")


class PayoutBatchNotWaiting(DomainError):
    code = "payout_batch_not_waiting"
    status = 409
    title = "This batch does not wait for approval."
    staff_words = _("This batch does not wait for approval, or waited too long.")


class PayoutBatchApprovalByMaker(DomainError):
    code = "payout_batch_approval_by_maker"
    status = 403
    title = "Who made, corrected or submitted this batch cannot approve it."
    staff_words = _("Who made, corrected or submitted this batch cannot approve it.")


class PayoutBatchChanged(DomainError):
    code = "payout_batch_changed"
    status = 409
    title = "This is not the batch that was shown: look at it again."
    staff_words = _("This is not the batch that was shown: look at it again.")


class PayoutBatchNotApproved(DomainError):
    code = "payout_batch_not_approved"
    status = 409
    title = "Nobody has approved this batch."
    staff_words = _("Nobody has approved this batch.")


class PayoutBatchNotRunning(DomainError):
    code = "payout_batch_not_running"
    status = 409
    title = "This batch is not being sent."
    staff_words = _("This batch is not being sent.")


class PayoutBatchNotPaused(DomainError):
    code = "payout_batch_not_paused"
    status = 409
    title = "This batch is not paused."
    staff_words = _("This batch is not paused.")


class PayoutBatchAlreadySent(DomainError):
    code = "payout_batch_already_sent"
    status = 409
    title = "Everything of this batch was sent: nothing is left to cancel."
    staff_words = _("Everything of this batch was sent: nothing is left to cancel.")


class PayoutBatchNotEnded(DomainError):
    code = "payout_batch_not_ended"
    status = 409
    title = "Payouts of this batch have not ended."
    staff_words = _("Payouts of this batch have not ended: wait for them.")


class NothingToRetry(DomainError):
    code = "payout_batch_nothing_to_retry"
    status = 422
    title = "Nothing of this batch failed that may succeed if it is sent again as it is."
    staff_words = _("Nothing of this batch failed that may succeed if it is sent again as it is.")


class PayoutBatchRetried(DomainError):
    code = "payout_batch_retried"
    status = 409
    title = "What failed of this batch is in another one already."
    staff_words = _("What failed of this batch is in another one already.")


class PayoutBatchNeedsStaff(DomainError):
    code = "payout_batch_needs_staff"
    status = 409
    title = "Batches like this one are approved by people of the platform."
    staff_words = _("Batches like this one are approved by people of the platform.")
