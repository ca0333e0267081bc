"""The staff's site: its navigation and looks, of every app."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _

# Every page shows all of them: each is found once a process.
_address = lazy(cache(reverse), str)


def _page(title: Promise, symbol: str, model: str, *, but: str = "") -> dict[str, Any]:
    """An entry of the sidebar: a model's list, "app_model", for those who may see it.

    Args:
        but: of its addresses, that of a page with an entry of its own.
    """
    app, _, name = model.rpartition("_")
    entry = {
        "title": title,
        "icon": symbol,
        "link": _address(f"admin:{model}_changelist"),
        "permission": lambda request: request.user.has_perm(f"{app}.view_{name}"),
    }
    if but:
        entry["active"] = lambda request: (
            f"/{app}/{name}/" in request.path and f"/{name}/{but}/" not in request.path
        )
    return entry


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "LOMI AFRICA",
    "SITE_HEADER": "LOMI AFRICA",
    "SITE_SYMBOL": "payments",
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "ACCOUNT": {
        "navigation": [{"title": _("Your account"), "link": _address("mfa_index")}],
    },
    "DASHBOARD_CALLBACK": "apps.reporting.admin.dashboard.read_dashboard",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("lomi/icon.svg"),
        }
    ],
    "STYLES": [lambda request: static("lomi/admin.css")],
    "SCRIPTS": [lambda request: static("lomi/admin.js")],
    "SIDEBAR": {
        "navigation": [
            {
                "title": _("Payments"),
                "items": [
                    {
                        "title": _("Overview"),
                        "icon": "monitoring",
                        "link": _address("admin:index"),
                    },
                    _page(_("Reports"), "bar_chart", "reporting_reportedhour"),
                    _page(_("Reports by e-mail"), "outgoing_mail", "reporting_reportschedule"),
                    _page(_("Payments"), "payments", "payments_payment"),
                    _page(_("Refunds"), "undo", "refunds_refund"),
                    _page(_("Payouts"), "outbound", "payouts_payout"),
                    _page(_("Payout batches"), "groups", "payout_batches_payoutbatch"),
                    {
                        "title": _("Disputes"),
                        "icon": "gavel",
                        "link": _address("staff-disputes"),
                        "permission": lambda request: request.user.has_perm(
                            "disputes.view_dispute"
                        ),
                    },
                    _page(_("All disputes"), "history_edu", "disputes_dispute"),
                    _page(_("Dispute files"), "upload_file", "disputes_disputefile"),
                    _page(_("Lines of dispute files"), "list", "disputes_disputefileline"),
                    _page(_("Attempts"), "send", "orchestration_attempt"),
                ],
            },
            {
                "title": _("Support"),
                "items": [
                    _page(_("Tickets"), "support_agent", "support_tickets_ticket"),
                    _page(_("Canned answers"), "quickreply", "support_tickets_cannedanswer"),
                    _page(_("Teams"), "diversity_3", "support_tickets_team"),
                    _page(_("Service levels"), "timer", "support_tickets_slapolicy"),
                    _page(_("Calendars"), "calendar_month", "support_tickets_businesscalendar"),
                ],
            },
            {
                "title": _("Control room"),
                "items": [
                    {
                        "title": _("Control room"),
                        "icon": "monitor_heart",
                        "link": _address("admin:monitoring_control_room"),
                        "permission": lambda request: request.user.has_perm(
                            "monitoring.view_incident"
                        ),
                    },
                    _page(
                        _("Incidents"), "crisis_alert", "monitoring_incident", but="control-room"
                    ),
                    _page(_("Alert rules"), "tune", "monitoring_alertrule"),
                    _page(_("Alert channels"), "campaign", "monitoring_alertchannel"),
                    _page(_("Alerts sent"), "notifications", "monitoring_notification"),
                ],
            },
            {
                "title": _("Ledger"),
                "items": [
                    _page(_("Accounts"), "account_balance", "ledger_account"),
                    _page(_("Transfers"), "swap_horiz", "ledger_transfer"),
                    _page(_("Releases"), "event_available", "ledger_release"),
                    _page(_("Releases of reserves"), "lock_open", "ledger_reserverelease"),
                    _page(_("Corrections"), "undo", "ledger_correction"),
                    {
                        "title": _("Journal of a month"),
                        "icon": "menu_book",
                        "link": _address("staff-journal"),
                        "permission": lambda request: request.user.has_perm("ledger.view_transfer"),
                    },
                    _page(_("Fee plans"), "sell", "fees_feeplan"),
                    _page(_("Fee plans of merchants"), "storefront", "fees_merchantfeeplan"),
                ],
            },
            {
                "title": _("Settlements"),
                "items": [
                    _page(_("Settlements"), "price_check", "settlement_settlement"),
                    _page(_("Days of merchants"), "today", "day_reports_merchantday"),
                    _page(
                        _("Subscriptions of day reports"),
                        "forward_to_inbox",
                        "day_reports_reportsubscription",
                    ),
                    _page(_("Sent day reports"), "outgoing_mail", "day_reports_reportsending"),
                    _page(_("Bank files"), "account_balance_wallet", "settlement_bankfile"),
                    _page(_("Answers of the bank"), "mark_email_read", "settlement_bankanswer"),
                    _page(_("Contradictions of the bank"), "rule", "settlement_bankanswerline"),
                    _page(_("Settlement cycles"), "event_repeat", "settlement_settlementcycle"),
                    _page(_("Terms of settlement"), "handshake", "settlement_settlementterms"),
                ],
            },
            {
                "title": _("Providers"),
                "items": [
                    _page(_("Provider accounts"), "hub", "providers_provideraccount"),
                    _page(_("Floats"), "savings", "floats_floatwatch"),
                    _page(_("Number plan"), "dialpad", "providers_numberplanrule"),
                    _page(_("Callbacks"), "call_received", "providers_callback"),
                ],
            },
            {
                "title": _("Webhooks"),
                "items": [
                    _page(_("Deliveries"), "outbox", "webhooks_delivery"),
                    _page(_("Endpoints"), "webhook", "webhooks_endpoint"),
                    _page(_("Events"), "event_note", "webhooks_event"),
                ],
            },
            {
                "title": _("Reconciliation"),
                "items": [
                    {
                        **_page(
                            _("Discrepancies to settle"), "checklist", "reconciliation_discrepancy"
                        ),
                        "link": _address("admin:reconciliation_desk"),
                    },
                    _page(_("Discrepancies"), "rule", "reconciliation_discrepancy", but="desk"),
                    _page(_("Statements"), "receipt_long", "reconciliation_statement"),
                    _page(_("Statement lines"), "list", "reconciliation_statementline"),
                    _page(
                        _("Reconciliation in numbers"),
                        "bar_chart",
                        "reconciliation_statementfigures",
                    ),
                    _page(
                        _("Fees against the agreement"), "price_check", "reconciliation_feefigures"
                    ),
                    _page(_("Closed months"), "lock", "reconciliation_closedmonth"),
                    _page(_("Matching plans"), "rule_settings", "reconciliation_matchingplan"),
                    _page(
                        _("Rules for own transfers"), "swap_horiz", "reconciliation_owntransferrule"
                    ),
                    _page(_("Statement profiles"), "tune", "statement_formats_statementprofile"),
                    {
                        "title": _("Statements of the day"),
                        "icon": "today",
                        "link": _address("admin:statement_sources_day"),
                        "permission": lambda request: request.user.has_perm(
                            "statement_sources.view_statementsource"
                        ),
                    },
                    _page(_("Received files"), "draft", "statement_sources_receivedfile"),
                    _page(
                        _("Sources"),
                        "cloud_download",
                        "statement_sources_statementsource",
                        but="day",
                    ),
                ],
            },
            {
                "title": _("Approvals"),
                "items": [
                    {
                        **_page(_("Approval requests"), "fact_check", "approvals_approvalrequest"),
                        # Who may only check sees what there is to check.
                        "permission": lambda request: (
                            request.user.has_perm("approvals.view_approvalrequest")
                            or request.user.has_perm("approvals.decide")
                        ),
                    },
                    _page(_("Approval rules"), "gavel", "approvals_approvalrule"),
                    _page(_("Stand-ins"), "supervised_user_circle", "approvals_approvalstandin"),
                ],
            },
            {
                "title": _("Merchants"),
                "items": [
                    _page(_("Merchants"), "storefront", "merchants_merchant"),
                    _page(_("Members"), "group", "merchants_member"),
                    _page(_("API keys"), "key", "merchants_apikey"),
                    _page(_("Applications"), "apps", "oauth_application"),
                    _page(_("Access tokens"), "token", "oauth_accesstoken"),
                    _page(_("Client certificates"), "badge", "oauth_clientcertificate"),
                ],
            },
            {
                "title": _("Audit and staff"),
                "items": [
                    _page(_("Stuck work"), "report", "core_outboxmessage"),
                    _page(_("Audit trail"), "history", "audit_auditentry"),
                    _page(_("Staff"), "badge", "auth_user"),
                    _page(_("Roles"), "groups", "auth_group"),
                    _page(_("What roles show"), "travel_explore", "reporting_staffscope"),
                    _page(_("Sessions"), "devices", "usersessions_usersession"),
                    _page(_("Second factors"), "password", "mfa_authenticator"),
                ],
            },
        ],
    },
}

# What unfold's templates ask of every entry: where it is missing, each question of each page is
# answered by an exception.
for _group in UNFOLD["SIDEBAR"]["navigation"]:
    _group |= {"badge": None, "collapsible": False, "separator": False}
    for _entry in _group["items"]:
        _entry |= {"badge": None, "link_callback": None}
