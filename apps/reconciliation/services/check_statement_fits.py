from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.errors import DomainError
from apps.orchestration.models import Attempt
from apps.providers.models import ProviderAccount
from apps.reconciliation.models import Statement
from apps.reconciliation.rules.incoming_lines import TABLE as INCOMING

# Movements of minutes around midnight are posted on either side of it.
EDGE = timedelta(hours=2)
# A report may overlap the days before it, but what was chosen is in it: one line in so many.
CHOSEN_SHARE = 4
DAYS_MAX = 31
# Enough to recognise whose references they are.
REFERENCES_LOOKED_AT = 1000

FITTING_LINES = f"""
SELECT currency, count(*),
       count(*) FILTER (WHERE occurred_at >= %(from)s AND occurred_at < %(to)s)
  FROM {INCOMING}
 WHERE problem = ''
 GROUP BY currency
"""  # noqa: S608 (our own table)

LINES_BY_DAY = f"""
SELECT (occurred_at AT TIME ZONE %(zone)s)::date, count(*)
  FROM {INCOMING}
 WHERE problem = ''
 GROUP BY 1
"""  # noqa: S608 (our own table)

# As they were read: all the others need not be looked at.
FIRST_REFERENCES = f"""
SELECT reference FROM {INCOMING}
 WHERE problem = '' AND reference <> '' LIMIT {REFERENCES_LOOKED_AT}
"""  # noqa: S608 (our own table)


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
    """Compare the lines of a statement just read, in `incoming_line`, with what was chosen for it.

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
    currencies = _check_days(statement, zone)
    _check_currency(currencies, account)
    _check_references(account)


def _check_days(statement: Statement, zone: ZoneInfo) -> set[str]:
    """Answers the currencies of its lines."""
    begins_at = datetime.combine(statement.first_day, datetime.min.time(), zone)
    ends_at = datetime.combine(statement.day + timedelta(days=1), datetime.min.time(), zone)
    values: dict[str, Any] = {
        "zone": zone.key,
        "from": begins_at - EDGE,
        "to": ends_at + EDGE,
    }
    with connection.cursor() as cursor:
        cursor.execute(FITTING_LINES, values)
        counted = cursor.fetchall()
        lines = sum(count for _currency, count, _fitting in counted)
        fitting = sum(fits for _currency, _count, fits in counted)
        if fitting * CHOSEN_SHARE >= lines:
            return {currency for currency, _count, _fitting in counted}
        cursor.execute(LINES_BY_DAY, values)
        by_day = cursor.fetchall()
    # What it seems to be: the days that have their share of its lines.
    seen = [day for day, count in by_day if count * CHOSEN_SHARE >= lines]
    seen = seen or [day for day, _count in by_day]
    raise StatementOfOtherDays(
        _("Its lines are of %(seen)s; you chose %(chosen)s.")
        % {
            "seen": _span(min(seen), max(seen)),
            "chosen": _span(statement.first_day, statement.day),
        },
        field="day",
    )


def _check_currency(currencies: Collection[str], account: ProviderAccount) -> None:
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


def _check_references(account: ProviderAccount) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FIRST_REFERENCES)
        references = [reference for (reference,) in cursor]
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
