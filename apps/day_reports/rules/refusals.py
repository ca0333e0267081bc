from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError


class DayReportNotFound(DomainError):
    code = "day_report_not_found"
    status = 404
    title = "There is no such day report."


class DayNotOver(DomainError):
    code = "day_not_over"
    status = 409
    title = "This day is not over yet."


class MerchantDayTooLong(DomainError):
    code = "day_report_too_long"
    status = 422
    title = "The day has too many movements for this kind of file."
    staff_words = _("The day has too many movements for this kind of file: take the CSV.")


class SubscriptionInvalid(DomainError):
    code = "report_subscription_invalid"
    status = 422
    title = "Day reports cannot be sent like this."


class SubscriptionChanged(DomainError):
    code = "report_subscription_changed"
    status = 409
    title = "This is not the subscription that was shown. Look at it again."
    staff_words = _("This is not the subscription that was shown. Look at it again.")


class SendingUnderWay(DomainError):
    code = "report_sending_under_way"
    status = 409
    title = "The report is being sent just now. Look again in some minutes."
    staff_words = _("The report is being sent just now. Look again in some minutes.")


class SendingMoved(DomainError):
    code = "report_sending_moved"
    status = 409
    title = "The sending does not wait for a person any more. Look at it again."
    staff_words = _("The sending does not wait for a person any more. Look at it again.")
