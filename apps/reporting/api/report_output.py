"""A merchant's figures, as it sees them. docs/guides/reports.md says what each is."""

from __future__ import annotations

from apps.core.api.field_words import WORDS
from apps.core.api.resource import Choice, Constant, Flag, Instant, Number, Resource, Text
from apps.core.money import EXPONENTS
from apps.disputes.models import Reason
from apps.providers.contract import FailureCode
from apps.reporting.rules.dimensions import OPERATIONS
from apps.reporting.rules.period import Interval
from apps.reporting.selectors.read_response_times import SIDES

SMALLEST_UNIT = "In the currency's smallest unit."
GROUPED = " Null unless grouped by, or where there is none."


class FiguresOutput(Resource):
    """Of rules.totals.Totals."""

    created = Number(example=1250, help_text="All that were created in the time.")
    submitted = Number(example=1248, help_text="Of these, sent to a provider.")
    prompted = Number(
        example=1231, help_text="Of these, taken by a provider: the payer was asked, if need be."
    )
    succeeded = Number(example=1103, help_text="Those that have succeeded by now.")
    failed = Number(example=71, help_text="Those that failed.")
    expired = Number(example=49, help_text="Those that nobody answered in time.")
    canceled = Number(example=12, help_text="Those that were canceled.")
    verifying = Number(example=3, help_text="We do not know, and are asking.")
    waiting = Number(example=12, help_text="For the payer or the provider.")
    success_basis_points = Number(
        allow_null=True,
        example=8931,
        help_text="Of those that have ended, how many succeeded, in hundredths of a percent. Null"
        " if none has ended.",
    )
    amount_requested = Number(example=6250000, help_text=SMALLEST_UNIT)
    amount_succeeded = Number(
        example=5515000, help_text="Received, or given back, or paid out. " + SMALLEST_UNIT
    )
    fees = Number(
        example=110300,
        help_text="Our fees for those that succeeded, without the taxes; of refunds less what they"
        " gave back of the fees of their payments, and so perhaps negative. " + SMALLEST_UNIT,
    )


class RowOutput(Resource):
    """What a row is of."""

    operation = Choice(OPERATIONS, source="key.operation", example="collect")
    provider = Text(
        source="key.provider",
        allow_null=True,
        example="mtn_momo",
        help_text=WORDS["provider"] + GROUPED,
    )
    country = Text(
        source="key.country", allow_null=True, example=None, help_text=WORDS["country"] + GROUPED
    )
    operator = Text(
        source="key.operator", allow_null=True, example=None, help_text=WORDS["operator"] + GROUPED
    )
    method = Text(
        source="key.method", allow_null=True, example=None, help_text=WORDS["method"] + GROUPED
    )


class SummaryRowOutput(RowOutput):
    currency = Choice(sorted(EXPONENTS), source="key.currency", example="XAF")
    figures = FiguresOutput(source="totals", help_text="Of the period.")
    previous = FiguresOutput(help_text="The same of the period before, which is as long.")


class PointOutput(RowOutput):
    currency = Choice(sorted(EXPONENTS), source="key.currency", example="XAF")
    begin = Instant(example="2026-11-21T23:00:00.000Z", help_text="When this point of time begins.")
    figures = FiguresOutput(source="totals", help_text="Of this point of time.")


class FailureRowOutput(RowOutput):
    failure_code = Choice(
        [code.value for code in FailureCode],
        example="payer_declined",
        help_text="Why: the guide on errors says what each means.",
    )
    count = Number(example=38)


class TimeRowOutput(RowOutput):
    side = Choice(
        SIDES,
        example="provider",
        help_text="provider: from sending to its first answer. decision: from sending to the end,"
        " with the payer's own time. platform: from your request to sending.",
    )
    count = Number(example=1240, help_text="How many times were measured.")
    p50_ms = Number(example=412, help_text="As many were shorter as longer, in milliseconds.")
    p95_ms = Number(example=1460, help_text="All but one in twenty were shorter, in milliseconds.")
    p99_ms = Number(
        example=3210, help_text="All but one in a hundred were shorter, in milliseconds."
    )


class DisputeFiguresOutput(Resource):
    """Of rules.dispute_totals.DisputeTotals."""

    opened = Number(example=14, help_text="All that were opened in the time.")
    open = Number(example=3, help_text="Of these, those that are not decided yet.")
    won = Number(example=6, help_text="Those that you won.")
    lost = Number(example=3, help_text="Those that you lost, or accepted.")
    partly_lost = Number(example=1, help_text="Those of which the payer got a part.")
    withdrawn = Number(example=1, help_text="By whoever disputed the payment.")
    amount_disputed = Number(example=70000, help_text=SMALLEST_UNIT)
    amount_lost = Number(example=17500, help_text="What payers got back of it. " + SMALLEST_UNIT)
    payments = Number(
        example=1103, help_text="Your payments created in the same time that succeeded."
    )
    share_basis_points = Number(
        allow_null=True,
        example=127,
        help_text="How many were opened for each of these payments, in hundredths of a percent."
        " Null if there was none.",
    )
    answered = Number(example=11, help_text="Those that you answered, or accepted, at least once.")
    answer_p50_s = Number(
        allow_null=True,
        example=86400,
        help_text="From opening to your first answer: as many took less as took more. In seconds,"
        " off by five percent at most. Null without an answer.",
    )
    answer_p95_s = Number(
        allow_null=True,
        example=432000,
        help_text="From opening to your first answer: all but one in twenty took less. In"
        " seconds; null without an answer.",
    )


class DisputeRowOutput(RowOutput):
    reason = Choice(
        Reason.values,
        source="key.reason",
        allow_null=True,
        example=None,
        help_text="Why the money is wanted back. Null unless grouped by.",
    )
    currency = Choice(sorted(EXPONENTS), source="key.currency", example="XAF")
    figures = DisputeFiguresOutput(source="totals", help_text="Of the period.")
    previous = DisputeFiguresOutput(help_text="The same of the period before, which is as long.")


class _ReportOutput(Resource):
    livemode = Flag(is_given=True, example=False)
    period_start = Instant(
        source="period.begin",
        example="2026-10-31T23:00:00.000Z",
        help_text="When the period begins: a whole hour.",
    )
    period_end = Instant(
        source="period.end",
        example="2026-11-30T23:00:00.000Z",
        help_text="When it ends: what was created then or later is not in it.",
    )
    time_zone = Text(source="zone", example="Africa/Douala", help_text="Yours.")
    as_of = Instant(
        is_given=True,
        allow_null=True,
        example="2026-11-30T22:58:30.000Z",
        help_text="All that happened until then is in the figures; null before anything was"
        " counted.",
    )


class SummaryOutput(_ReportOutput):
    object = Constant("report_summary")
    previous_start = Instant(
        source="period.before.begin",
        example="2026-10-01T23:00:00.000Z",
        help_text="When the period before begins, which ends where this one begins.",
    )
    data = SummaryRowOutput(  # type: ignore[assignment]
        many=True, is_given=True, help_text="One for each operation, currency and group."
    )


class TimeseriesOutput(_ReportOutput):
    object = Constant("report_timeseries")
    interval = Choice(list(Interval), example="day", help_text="How long each point of time is.")
    data = PointOutput(  # type: ignore[assignment]
        many=True, is_given=True, help_text="In the order of time; those without anything left out."
    )


class FailuresOutput(_ReportOutput):
    object = Constant("report_failures")
    data = FailureRowOutput(  # type: ignore[assignment]
        many=True, is_given=True, help_text="The most frequent first, by operation and group."
    )


class ResponseTimesOutput(_ReportOutput):
    object = Constant("report_response_times")
    data = TimeRowOutput(  # type: ignore[assignment]
        many=True, is_given=True, help_text="Each is off by five percent at most."
    )


class DisputesOutput(_ReportOutput):
    object = Constant("report_disputes")
    previous_start = Instant(
        source="period.before.begin",
        example="2026-10-01T23:00:00.000Z",
        help_text="When the period before begins, which ends where this one begins.",
    )
    data = DisputeRowOutput(  # type: ignore[assignment]
        many=True, is_given=True, help_text="One for each currency and group that had a dispute."
    )
