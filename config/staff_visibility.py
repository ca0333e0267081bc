"""What a role that is bound to countries or merchants sees of each list of the admin. Papers of a
merchant go by the merchant's own country; what is not listed is hidden."""

from __future__ import annotations

from collections.abc import Mapping

from apps.reporting.rules.visibility import By, Hidden, Of, Open, Visibility

OF_MERCHANT = By(merchant="merchant_id", country="merchant__country")
OF_ACCOUNT = By(merchant="provider_account__merchant_id", country="provider_account__country")
OWNERS = ("payments.Payment", "refunds.Refund", "payouts.Payout")

STAFF_VISIBILITY: Mapping[str, Visibility] = {
    "payments.Payment": By(merchant="merchant_id", country="country"),
    "payouts.Payout": By(merchant="merchant_id", country="country"),
    "refunds.Refund": By(merchant="merchant_id", country="payment__country"),
    "disputes.Dispute": By(merchant="merchant_id", country="payment__country"),
    "disputes.DisputeFile": OF_ACCOUNT,
    "disputes.DisputeFileLine": By(
        merchant="file__provider_account__merchant_id", country="file__provider_account__country"
    ),
    "orchestration.Attempt": Of("owner_id", OWNERS),
    "support_tickets.Ticket": Of("about_id", (*OWNERS, "disputes.Dispute"), alone=OF_MERCHANT),
    "payout_batches.PayoutBatch": OF_MERCHANT,
    "settlement.Settlement": OF_MERCHANT,
    "settlement.SettlementCycle": OF_MERCHANT,
    "settlement.SettlementTerms": OF_MERCHANT,
    "day_reports.MerchantDay": OF_MERCHANT,
    # Of a provider account or of a merchant, and of addresses outside.
    "day_reports.ReportSubscription": Hidden(),
    "day_reports.ReportSending": Hidden(),
    # The whole rail's.
    "settlement.BankFile": Hidden(),
    "settlement.BankAnswer": Hidden(),
    "settlement.BankAnswerLine": Hidden(),
    "merchants.Merchant": By(merchant="id", country="country"),
    "merchants.Member": OF_MERCHANT,
    "merchants.ApiKey": OF_MERCHANT,
    "oauth.Application": OF_MERCHANT,
    "oauth.AccessToken": OF_MERCHANT,
    "oauth.ClientCertificate": OF_MERCHANT,
    "fees.MerchantFeePlan": OF_MERCHANT,
    # A new version is tried on what all merchants were charged.
    "fees.FeePlan": Hidden(),
    "webhooks.Endpoint": OF_MERCHANT,
    # They say what happened in any country.
    "webhooks.Event": By(merchant="merchant_id"),
    "webhooks.Delivery": By(merchant="event__merchant_id"),
    "providers.ProviderAccount": By(merchant="merchant_id", country="country"),
    "floats.FloatWatch": OF_ACCOUNT,
    "providers.NumberPlanRule": Open(),
    "providers.Callback": Hidden(),
    # One for all accounts of a provider says how each of them is read.
    "statement_formats.StatementProfile": Hidden(),
    "reconciliation.Statement": OF_ACCOUNT,
    "reconciliation.StatementLine": By(
        merchant="statement__provider_account__merchant_id",
        country="statement__provider_account__country",
    ),
    "reconciliation.StatementFigures": By(
        merchant="statement__provider_account__merchant_id",
        country="statement__provider_account__country",
    ),
    "reconciliation.FeeFigures": By(
        merchant="statement__provider_account__merchant_id",
        country="statement__provider_account__country",
    ),
    "reconciliation.Discrepancy": OF_ACCOUNT,
    "reconciliation.ClosedMonth": OF_ACCOUNT,
    "reconciliation.MatchingPlan": OF_ACCOUNT,
    # Of two accounts, which may be of two countries.
    "reconciliation.OwnTransferRule": Hidden(),
    "statement_sources.StatementSource": OF_ACCOUNT,
    "statement_sources.SourceConnection": By(
        merchant="source__provider_account__merchant_id",
        country="source__provider_account__country",
    ),
    "statement_sources.ReceivedFile": By(
        merchant="source__provider_account__merchant_id",
        country="source__provider_account__country",
    ),
    # Sums of a merchant, or of the platform, over all countries.
    "ledger.Account": By(merchant="owner_id"),
    "ledger.Transfer": Hidden(),
    "ledger.Correction": Hidden(),
    "ledger.Release": By(merchant="merchant_id"),
    "ledger.ReserveRelease": By(merchant="merchant_id"),
    # What people ask of each other may be about anything; what is theirs to decide stands on the
    # page of what it is about.
    "approvals.ApprovalRequest": Hidden(),
    "approvals.ApprovalRule": Open(),
    "approvals.ApprovalStandIn": Open(),
    "audit.AuditEntry": Hidden(),
    "core.OutboxMessage": Hidden(),
    "monitoring.Incident": Hidden(),
    "monitoring.Notification": Hidden(),
    "monitoring.AlertRule": Open(),
    "monitoring.AlertChannel": Open(),
    "reporting.ReportSchedule": Open(),
    "reporting.StaffScope": Hidden(),
    "support_tickets.SlaPolicy": By(
        merchant="merchant_id", country="merchant__country", is_shared=True
    ),
    "support_tickets.BusinessCalendar": Open(),
    "support_tickets.CannedAnswer": Open(),
    "support_tickets.Team": Open(),
    # People, and what they sign in with.
    "auth.User": Open(),
    "auth.Group": Open(),
    "mfa.Authenticator": Open(),
    "usersessions.UserSession": Open(),
}
