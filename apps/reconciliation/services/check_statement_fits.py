from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.errors import DomainError
from apps.orchestration.models import Attempt
from apps.providers.models import ProviderAccount
from apps.reconciliation.models import Statement, StatementLine

# Movements of minutes around midnight are posted on either side of it.
EDGE = timedelta(hours=2)
# A report may overlap the days before it, but what was chosen is in it: one line in so many.
CHOSEN_SHARE = 4
DAYS_MAX = 31
# Enough to recognise whose references they are.
REFERENCES_LOOKED_AT = 1000

LINES_BY_DAY = """
SELECT (occurred_at AT TIME ZONE %(zone)s)::date, count(*),
       count(*) FILTER (WHERE occurred_at >= %(from)s AND occurred_at < %(to)s)
  FROM reconciliation_statementline
 WHERE statement_id = %(statement_id)s AND problem = ''
 GROUP BY 1
"""


class StatementInFuture(DomainError):
    code = "statement_in_future"
    status = 422
    title = "This day has not come yet."


class StatementOfOtherDays(DomainError):
    code = "statement_of_other_days"
    status = 422
    title = "The lines are not of the day that was chosen."


class StatementOfOtherAccount(DomainError):
    code = "statement_of_other_account"
    status = 422
    title = "The lines are not of the account that was chosen."


def check_statement_fits(*, statement: Statement, now: datetime) -> None:
    """Compare the lines of a statement just read with the days and the account chosen for it.

    At least a quarter of its lines must be of the chosen days, two hours more on either side;
    one line must be in the account's currency; and another account of the same provider may not
    know more of the first thousand references than this one does. A report without lines fits.

    Raises:
        StatementInFuture: of a day that has not begun.
        StatementOfOtherDays, StatementOfOtherAccount: with what it seems to be.
    """
    account = statement.provider_account
    zone = ZoneInfo(account.timezone)
    if statement.day > now.astimezone(zone).date():
        raise StatementInFuture(
            _("%(day)s has not come yet.") % {"day": statement.day}, field="day"
        )
    _check_days(statement, zone)
    _check_currency(statement, account)
    _check_references(statement, account)


def _check_days(statement: Statement, zone: ZoneInfo) -> None:
    begins_at = datetime.combine(statement.first_day, datetime.min.time(), zone)
    ends_at = datetime.combine(statement.day + timedelta(days=1), datetime.min.time(), zone)
    with connection.cursor() as cursor:
        cursor.execute(
            LINES_BY_DAY,
            {
                "statement_id": statement.pk,
                "zone": zone.key,
                "from": begins_at - EDGE,
                "to": ends_at + EDGE,
            },
        )
        counted = cursor.fetchall()
    lines = sum(count for _day, count, _fitting in counted)
    fitting = sum(fits for _day, _count, fits in counted)
    if fitting * CHOSEN_SHARE >= lines:
        return
    # What it seems to be: the days that have their share of its lines.
    seen = [day for day, count, _fitting in counted if count * CHOSEN_SHARE >= lines]
    seen = seen or [day for day, _count, _fitting in counted]
    raise StatementOfOtherDays(
        _("Its lines are of %(seen)s; you chose %(chosen)s.")
        % {
            "seen": _span(min(seen), max(seen)),
            "chosen": _span(statement.first_day, statement.day),
        },
        field="day",
    )


def _check_currency(statement: Statement, account: ProviderAccount) -> None:
    currencies = set(
        StatementLine.objects.filter(statement=statement, problem="")
        .order_by()
        .values_list("currency", flat=True)
        .distinct()
    )
    if currencies and account.currency not in currencies:
        raise StatementOfOtherAccount(
            _("Its lines are in %(seen)s; the account %(account)s is in %(currency)s.")
            % {
                "seen": ", ".join(sorted(currencies)),
                "account": account,
                "currency": account.currency,
            },
            field="account",
        )


def _check_references(statement: Statement, account: ProviderAccount) -> None:
    references = list(
        StatementLine.objects.filter(statement=statement, problem="")
        .exclude(reference="")
        .order_by("line_number")
        .values_list("reference", flat=True)[:REFERENCES_LOOKED_AT]
    )
    accounts = {
        each.pk: each for each in ProviderAccount.objects.filter(connector=account.connector)
    }
    known: dict[UUID, int] = dict.fromkeys(accounts, 0)
    for account_id in Attempt.objects.filter(
        provider_account_id__in=accounts, statement_reference__in=references
    ).values_list("provider_account_id", flat=True):
        known[account_id] += 1
    best = max(known, key=lambda account_id: known[account_id])
    if known[best] > known[account.pk]:
        raise StatementOfOtherAccount(
            ngettext(
                "%(count)d of its references belongs to the account %(other)s; "
                "you chose %(account)s.",
                "%(count)d of its references belong to the account %(other)s; "
                "you chose %(account)s.",
                known[best],
            )
            # By its id: whoever reads this may be of a country that does not see the other one.
            % {"count": known[best], "other": accounts[best].public_id, "account": account},
            field="account",
        )


def _span(first: date, last: date) -> str:
    if first == last:
        return first.isoformat()
    return _("%(first)s to %(last)s") % {"first": first.isoformat(), "last": last.isoformat()}
