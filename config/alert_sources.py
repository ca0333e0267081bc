"""What is watched: code -> where it is looked for, how it is worded, and how its rule begins.

An app that stands beside monitoring names its function here. Each code is the anchor of a runbook
in docs/guides/monitoring.md.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.alerts import CRITICAL, AlertSource
from apps.monitoring.rules import defaults

_FIND = "apps.monitoring.selectors.sources."

ALERT_SOURCES: dict[str, AlertSource] = {
    # --- Rails
    "failure_rate": AlertSource(
        find=_FIND + "rails.failure_rate",
        title=_("A rail fails"),
        sentence=_(
            "%(provider)s, %(country)s, %(operation)s: %(percent)s %% of %(orders)s orders failed"
            " in %(minutes)s min, usually %(usual_percent)s %%."
        ),
        severity=CRITICAL,
        parameters=defaults.FAILURE_RATE,
        every_s=5,
    ),
    "failure_burst": AlertSource(
        find=_FIND + "rails.failure_burst",
        title=_("Many failures of a rail at once"),
        sentence=_(
            "%(provider)s, %(country)s, %(operation)s: %(failures)s failures in %(minutes)s min,"
            " of %(orders)s orders."
        ),
        parameters=defaults.FAILURE_BURST,
        every_s=5,
    ),
    "provider_unreached": AlertSource(
        find=_FIND + "rails.provider_unreached",
        title=_("A provider cannot be reached"),
        sentence=_(
            "%(provider)s, %(account)s: %(troubled)s of %(orders)s orders could not be delivered,"
            " or have no answer."
        ),
        severity=CRITICAL,
        parameters=defaults.PROVIDER_UNREACHED,
        every_s=5,
    ),
    "success_fell": AlertSource(
        find=_FIND + "rails.success_fell",
        title=_("Fewer payments succeed than usual"),
        sentence=_(
            "%(provider)s, %(country)s, %(operation)s: %(percent)s %% of %(orders)s orders succeed,"
            " usually %(usual_percent)s %% at this hour."
        ),
        parameters=defaults.SUCCESS_FELL,
        every_s=5,
    ),
    "slow_replies": AlertSource(
        find=_FIND + "rails.slow_replies",
        title=_("A provider answers slowly"),
        sentence=_(
            "%(provider)s, %(country)s, %(operation)s: %(percent)s %% of the answers take more than"
            " %(seconds)s s (95 %%: %(p95_s)s s)."
        ),
        parameters=defaults.SLOW_REPLIES,
        every_s=5,
    ),
    "provider_silent": AlertSource(
        find=_FIND + "rails.provider_silent",
        title=_("A provider is silent"),
        sentence=_(
            "%(provider)s, %(country)s, %(operation)s: %(answered)s answers in %(minutes)s min to"
            " %(sent)s orders; at this hour there are %(usual_answered)s or more."
        ),
        severity=CRITICAL,
        parameters=defaults.PROVIDER_SILENT,
        every_s=5,
    ),
    # --- Books
    "books_broken": AlertSource(
        find=_FIND + "books.books_broken",
        title=_("The books are broken"),
        sentence=_("The check of the books found %(violations)s violations: %(what)s"),
        severity=CRITICAL,
        every_s=10,
        clear_s=0,
    ),
    "books_unchecked": AlertSource(
        find=_FIND + "books.books_unchecked",
        title=_("Nobody checks the books"),
        sentence=_("The books were last checked %(minutes)s min ago."),
        parameters={"age_s": 900},
    ),
    "audit_unsealed": AlertSource(
        find=_FIND + "books.audit_unsealed",
        title=_("The audit trail is not sealed"),
        sentence=_("Audit entries have stood unsealed for %(minutes)s min."),
        severity=CRITICAL,
        every_s=10,
    ),
    "statement_missing": AlertSource(
        find=_FIND + "books.statement_missing",
        title=_("A provider’s report is missing"),
        sentence=_(
            "%(provider)s, %(account)s: %(days)s days without a report, the last of them %(day)s."
        ),
        every_s=30,
        clear_s=0,
    ),
    "fee_drift": AlertSource(
        find="apps.reconciliation.selectors.find_fee_drift.find_fee_drift",
        title=_("A provider charges other fees than agreed"),
        sentence=_(
            "%(account)s, report of %(day)s: %(charged)s charged, %(agreed)s agreed; %(lines)s"
            " lines differ."
        ),
        parameters={"fee_share": 0.05, "amount_min": 1000, "report_days": 7},
        every_s=300,
        clear_s=3600,
    ),
    "fee_without_parity": AlertSource(
        find="apps.fees.selectors.find_without_parity.find_without_parity",
        title=_("A fee plan does not know a currency of ours"),
        sentence=_(
            "%(currency)s: %(count)s fee plans, the first “%(plan)s”. What merchants ask for in it"
            " is refused."
        ),
        every_s=300,
        clear_s=0,
    ),
    "loss_recovered": AlertSource(
        find="apps.reconciliation.selectors.find_recovered_losses.find_recovered_losses",
        title=_("A loss that was written off has been recovered"),
        sentence=_(
            "%(account)s: %(discrepancy)s booked a loss of %(amount)s, and the lost dispute"
            " %(dispute)s took it from the merchant too."
        ),
        every_s=300,
        clear_s=3600,
    ),
    # --- Money at the providers
    "float_low": AlertSource(
        find="apps.floats.selectors.find_low.find_low",
        title=_("A wallet we pay from runs low"),
        sentence=_("%(account)s has %(amount)s left to pay from."),
        parameters={"cover_days": 1.0},
        every_s=60,
    ),
    "float_unread": AlertSource(
        find="apps.floats.selectors.find_unread.find_unread",
        title=_("A provider does not say what our wallets hold"),
        sentence=_("%(account)s: no balance for %(minutes)s min."),
        parameters={"age_s": 3600},
        every_s=60,
    ),
    # --- Getting statements
    "statement_late": AlertSource(
        find="apps.statement_sources.selectors.find_late.find_late",
        title=_("A provider’s report is late"),
        sentence=_(
            "%(account)s, %(source)s: %(days)s days are late or their file was refused, the last of"
            " them %(day)s."
        ),
        clear_s=0,
    ),
    "pgp_key_ending": AlertSource(
        find="apps.bank_doors.selectors.find_ending_keys.find_ending_keys",
        title=_("An OpenPGP key ends"),
        sentence=_(
            "%(account)s, %(source)s: the key …%(key)s expires in %(days)s days. No file comes"
            " or goes by it then."
        ),
        parameters={"days": 30, "critical_days": 7},
        every_s=3600,
        clear_s=0,
    ),
    "statement_source_failing": AlertSource(
        find="apps.statement_sources.selectors.find_failing_sources.find_failing_sources",
        title=_("A provider’s reports cannot be fetched"),
        sentence=_("%(account)s, %(source)s: for %(minutes)s min. %(why)s"),
        parameters={"age_s": 1800},
        clear_s=0,
    ),
    "received_file_waiting": AlertSource(
        find="apps.statement_sources.selectors.find_waiting_files.find_waiting_files",
        title=_("A provider’s file waits for a person"),
        sentence=_(
            "%(count)s files cannot be read; the first, %(file)s of %(account)s, came %(hours)s h"
            " ago."
        ),
        parameters={"age_s": 1800},
        clear_s=0,
    ),
    # --- Work
    "stuck_work": AlertSource(
        find=_FIND + "work.stuck_work",
        title=_("Work is stuck"),
        sentence=_("%(topic)s: the oldest has been due for %(minutes)s min."),
        severity=CRITICAL,
        parameters={"age_s": 120},
        every_s=10,
        clear_s=60,
    ),
    "stuck_attempts": AlertSource(
        find=_FIND + "work.stuck_attempts",
        title=_("Orders to a provider are stuck"),
        sentence=_(
            "%(provider)s, %(account)s: %(count)s orders are due, the oldest for %(minutes)s min."
        ),
        severity=CRITICAL,
        parameters={"age_s": 120},
        every_s=10,
        clear_s=60,
    ),
    "work_for_person": AlertSource(
        find=_FIND + "work.work_for_person",
        title=_("Work that failed too often"),
        sentence=_("%(count)s pieces of work failed too often and wait for a person."),
        clear_s=0,
    ),
    "approval_not_ended": AlertSource(
        find="apps.approvals.selectors.find_not_ended.find_not_ended",
        title=_("An approval cannot be ended"),
        sentence=_(
            "%(count)s approvals are over and cannot be ended; the first, %(approval)s of"
            " %(merchant)s (%(action)s), for %(minutes)s min."
        ),
        parameters={"age_s": 1800},
        clear_s=0,
    ),
    # --- Settlements
    "settlement_failing": AlertSource(
        find="apps.settlement.selectors.find_failing.find_failing",
        title=_("A settlement cannot be made"),
        sentence=_(
            "%(count)s periods or settlements fail again and again; the first, of %(merchant)s, for"
            " %(minutes)s min."
        ),
        severity=CRITICAL,
        parameters={"age_s": 600},
        clear_s=0,
    ),
    "day_report_failing": AlertSource(
        find="apps.day_reports.selectors.find_failing.find_failing",
        title=_("A day report cannot be made"),
        sentence=_(
            "%(count)s balances cannot be summed for a day; the first, of %(merchant)s, for"
            " %(minutes)s min."
        ),
        parameters={"age_s": 600},
        clear_s=0,
    ),
    "day_report_unsent": AlertSource(
        find="apps.day_reports.selectors.find_unsent.find_unsent",
        title=_("A day report was not sent"),
        sentence=_(
            "%(subscription)s: %(count)s reports are not sent, the first of %(day)s: %(why)s"
        ),
        parameters={"age_s": 7_200},
        clear_s=0,
    ),
    "settlement_on_hold": AlertSource(
        find="apps.settlement.selectors.find_on_hold.find_on_hold",
        title=_("Settlements wait for a person"),
        sentence=_(
            "%(count)s settlements are on hold; the first is %(number)s of %(merchant)s: %(why)s"
        ),
        parameters={"age_s": 3600, "held_back_s": 7 * 86400},
        clear_s=0,
    ),
    "bank_transfer_unconfirmed": AlertSource(
        find="apps.settlement.selectors.find_unconfirmed.find_unconfirmed",
        title=_("Settlements stand still at our bank"),
        sentence=_(
            "%(waiting)s settlements are in no bank file, %(filed)s in one that the bank has not"
            " got, %(sent)s confirmed by nobody; the oldest, %(number)s of %(merchant)s, is"
            " %(days)s days old."
        ),
        parameters={"waiting_s": 2 * 86400, "filed_s": 2 * 86400, "sent_s": 4 * 86400},
        clear_s=0,
    ),
    "bank_file_undelivered": AlertSource(
        find="apps.settlement.selectors.find_undelivered.find_undelivered",
        title=_("A bank file does not get to our bank"),
        sentence=_("%(count)s files; the first, %(file)s: %(why)s"),
        parameters={"age_s": 3600},
        clear_s=0,
    ),
    "bank_contradicts": AlertSource(
        find="apps.settlement.selectors.find_contradictions.find_contradictions",
        title=_("Our bank says another thing than our books"),
        sentence=_("%(count)s transfers; the first, of %(merchant)s: %(what)s"),
        severity=CRITICAL,
        clear_s=0,
    ),
    # --- Webhooks and callbacks
    "webhooks_failing": AlertSource(
        find=_FIND + "webhooks.webhooks_failing",
        title=_("Webhooks are not taken"),
        sentence=_("%(count)s of %(endpoints)s endpoints have taken nothing for long."),
        parameters={"age_s": 3600, "share": 0.3, "endpoints_min": 5},
        every_s=30,
    ),
    "callback_forgeries": AlertSource(
        find=_FIND + "callbacks.callback_forgeries",
        title=_("Forged callbacks"),
        sentence=_("%(provider)s: %(count)s callbacks could not be the provider’s."),
        severity=CRITICAL,
        parameters={"count": 20, "window_s": 300},
        every_s=10,
    ),
    # --- After a restore
    "money_out_held": AlertSource(
        find=_FIND + "books.money_out_held",
        title=_("No money leaves"),
        sentence=_(
            "The database was restored: payouts and refunds have waited for %(minutes)s min."
        ),
        severity=CRITICAL,
        every_s=10,
        clear_s=0,
    ),
    # --- Machines
    "disk_full": AlertSource(
        find=_FIND + "machines.disk_full",
        title=_("A disk is almost full"),
        sentence=_("%(host)s %(path)s: %(percent)s %% used."),
        parameters={"percent": 85, "critical_percent": 90},
        every_s=30,
    ),
    "clock_skewed": AlertSource(
        find=_FIND + "machines.clock_skewed",
        title=_("A clock is wrong"),
        sentence=_("%(host)s is %(seconds)s s ahead of the database."),
        severity=CRITICAL,
        parameters={"seconds": 2},
        every_s=10,
    ),
    "replication_behind": AlertSource(
        find=_FIND + "machines.replication_behind",
        title=_("A replica is behind"),
        sentence=_("%(replica)s: %(seconds)s s and %(megabytes)s MB behind."),
        parameters={"seconds": 60, "megabytes": 1024},
        every_s=30,
    ),
    # --- What ends
    "certificate_ending": AlertSource(
        find=_FIND + "ends.certificate_ending",
        title=_("A certificate ends"),
        sentence=_("%(host)s: the certificate ends in %(days)s days. %(why)s"),
        parameters={"days": 15, "critical_days": 3},
        every_s=600,
        clear_s=0,
    ),
    "credential_ending": AlertSource(
        find=_FIND + "ends.credential_ending",
        title=_("A merchant’s credential ends"),
        sentence=_("%(credential)s ends in %(days)s days and has no successor."),
        parameters={"days": 14},
        every_s=3600,
        clear_s=0,
    ),
    # --- Payments unlike others
    "unusual_amount": AlertSource(
        find=_FIND + "unusual.unusual_amount",
        title=_("An unusual amount"),
        sentence=_("%(merchant)s: %(amount)s; the largest of its payments before was %(usual)s."),
        parameters={"times": 20, "payments_min": 50, "window_s": 600},
        every_s=60,
        clear_s=3600,
    ),
    "repeated_failures": AlertSource(
        find=_FIND + "unusual.repeated_failures",
        title=_("Failures again and again"),
        sentence=_("%(who)s: %(failed)s payments failed, one after the other."),
        parameters={
            "window_s": 900,
            "payer_failures": 10,
            "merchant_failures": 30,
            "share": 0.9,
        },
        every_s=60,
        clear_s=900,
    ),
    # --- Support
    "promise_ending": AlertSource(
        find="apps.support_tickets.selectors.promises_ending.promises_ending",
        title=_("A promised time of support ends"),
        sentence=_("%(tickets)s urgent tickets; the first, %(ticket)s, in %(minutes)s min."),
        parameters={"ahead_s": 600},
        every_s=30,
        clear_s=60,
    ),
    # --- The watch itself
    "channel_failing": AlertSource(
        find=_FIND + "watching.channel_failing",
        title=_("An alert channel takes nothing"),
        sentence=_("%(channel)s: %(why)s"),
        clear_s=0,
    ),
    "rule_failing": AlertSource(
        find=_FIND + "watching.rule_failing",
        title=_("An alert rule cannot look"),
        sentence=_("%(rule)s: %(why)s"),
        clear_s=0,
    ),
}
