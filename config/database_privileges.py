"""What the platform's own role may do to each table; all else is its owner's (migrations).

The role that answers requests and does work neither owns nor truncates anything, and changes
nothing of what must stay as it was written. `manage.py migrate` grants it, at its end.
"""

READ = "SELECT"
APPEND = "SELECT, INSERT"
# Its rows end by a mark in them, or never.
KEEP = "SELECT, INSERT, UPDATE"
CHANGE = "SELECT, INSERT, UPDATE, DELETE"

PRIVILEGES = {
    # Who did what. A seal is set once: the table's own trigger says so.
    "audit_auditentry": "SELECT, INSERT, UPDATE (position, chain_hash)",
    "django_admin_log": APPEND,
    # The books.
    "ledger_account": APPEND,
    "ledger_transfer": APPEND,
    "ledger_snapshot": "SELECT, INSERT, DELETE",
    "ledger_balance": READ,
    "ledger_release": APPEND,
    "ledger_correction": APPEND,
    "ledger_pendingamount": "SELECT, INSERT, UPDATE (release_id)",
    "ledger_reserverelease": APPEND,
    "ledger_reservedamount": "SELECT, INSERT, UPDATE (release_id)",
    "payments_statuschange": APPEND,
    "payments_metadataentry": APPEND,
    # Kept by triggers as indexes are.
    "payments_paymentstate": CHANGE,
    "payments_dueattempt": CHANGE,
    "webhooks_deliverystate": CHANGE,
    "payments_payment": KEEP,
    "payments_attempt": KEEP,
    "orchestration_moneyouthold": KEEP,
    # What was charged by stays: only the end of what held is written.
    "fees_feeplan": KEEP,
    "fees_feeplanversion": "SELECT, INSERT, UPDATE (valid_until)",
    "fees_feeline": APPEND,
    "fees_merchantfeeplan": "SELECT, INSERT, UPDATE (valid_until)",
    "floats_floatwatch": KEEP,
    "floats_floatreading": "SELECT, INSERT, DELETE",
    "refunds_refund": KEEP,
    "payouts_payout": KEEP,
    "payout_batches_payoutbatch": KEEP,
    "payout_batches_payoutbatchline": KEEP,
    "payout_batches_payoutbatchpiece": CHANGE,
    "payout_batches_batchupload": CHANGE,
    "payout_batches_batchuploadpiece": CHANGE,
    # Kept by a trigger; counted anew where it is wrong.
    "payout_batches_payoutbatchsum": CHANGE,
    # A line that is corrected is asked about anew.
    "payout_batches_namecheck": CHANGE,
    "settlement_settlementterms": KEEP,
    "settlement_settlementcycle": KEEP,
    "settlement_settlementnumber": KEEP,
    "settlement_settlement": KEEP,
    "settlement_settlementline": APPEND,
    "settlement_bankfile": KEEP,
    "settlement_bankanswer": KEEP,
    "settlement_bankanswerline": KEEP,
    "day_reports_daycycle": KEEP,
    # Never changed: a corrected one bears that it is.
    "day_reports_merchantday": "SELECT, INSERT, UPDATE (superseded_at)",
    "day_reports_reportsubscription": KEEP,
    "day_reports_reportsending": KEEP,
    # What was said to a customer.
    "support_tickets_ticket": KEEP,
    # A key that is retired is another's turn: their texts are encrypted anew.
    "support_tickets_ticketmessage": KEEP,
    "support_tickets_ticketattachment": KEEP,
    "support_tickets_ticketevent": APPEND,
    "support_tickets_ticketlink": APPEND,
    "support_tickets_team": KEEP,
    "support_tickets_cannedanswer": KEEP,
    "disputes_dispute": KEEP,
    "disputes_evidencetext": KEEP,
    "disputes_evidencefile": KEEP,
    "disputes_signingkey": KEEP,
    "disputes_disputefile": APPEND,
    "disputes_disputefileline": KEEP,
    "support_tickets_slapolicy": CHANGE,
    "support_tickets_businesscalendar": KEEP,
    "support_tickets_calendarhours": CHANGE,
    "support_tickets_calendarday": CHANGE,
    "support_tickets_ticketclock": KEEP,
    "webhooks_event": APPEND,
    "realtime_feedentry": APPEND,
    # What statements were read by stays: only the end of what held is written.
    "statement_formats_statementprofile": KEEP,
    "statement_formats_statementprofileversion": "SELECT, INSERT, UPDATE (valid_until)",
    "reconciliation_statement": KEEP,
    "reconciliation_statementday": APPEND,
    "reconciliation_statementfigures": KEEP,
    # Counted anew with its statement.
    "reconciliation_feefigures": "SELECT, INSERT, DELETE",
    "reconciliation_statementwithdrawal": KEEP,
    "reconciliation_statementline": KEEP,
    "reconciliation_discrepancy": KEEP,
    "reconciliation_matchingplan": APPEND,
    "reconciliation_matchingpass": APPEND,
    "reconciliation_owntransferrule": "SELECT, INSERT, UPDATE (ends_on)",
    "statement_sources_statementsource": KEEP,
    "statement_sources_sourceconnection": KEEP,
    # What came a second time is one file; what changed while it was fetched begins anew.
    "statement_sources_receivedfile": CHANGE,
    "statement_sources_filepiece": CHANGE,
    "statement_sources_openedfile": APPEND,
    # A new key of the vault encrypts it anew.
    "statement_sources_openedpiece": "SELECT, INSERT, UPDATE (content_encrypted)",
    "reconciliation_closedmonth": "SELECT, INSERT,"
    " UPDATE (reopened_at, reopened_reason, reopened_by)",
    "reconciliation_discrepancyevent": APPEND,
    "reconciliation_handmatch": "SELECT, INSERT, UPDATE (undone_at)",
    "reconciliation_savedview": CHANGE,
    # Figures, counted again from what they count.
    "reporting_series": APPEND,
    "reporting_hourcell": CHANGE,
    "reporting_failurecell": CHANGE,
    "reporting_disputecell": CHANGE,
    "reporting_reportedhour": KEEP,
    "reporting_reportwatermark": KEEP,
    "reporting_reportschedule": CHANGE,
    "reporting_staffscope": CHANGE,
    "reporting_staffscope_merchants": CHANGE,
    # What proves a key: to forget one is for the owner.
    "vault_keycanary": APPEND,
    # Belong to the schema.
    "django_migrations": READ,
    "django_content_type": READ,
    "auth_permission": READ,
    # The audit trail names its actors by id: an account is closed, not deleted.
    "auth_user": KEEP,
    "auth_user_groups": CHANGE,
    "auth_user_user_permissions": CHANGE,
    "auth_group": CHANGE,
    "auth_group_permissions": CHANGE,
    "django_session": CHANGE,
    "account_emailaddress": CHANGE,
    "account_emailconfirmation": CHANGE,
    "mfa_authenticator": CHANGE,
    "usersessions_usersession": CHANGE,
    "merchants_merchant": KEEP,
    "merchants_member": CHANGE,
    "merchants_apikey": KEEP,
    "merchants_delegatedobject": KEEP,
    "oauth_application": CHANGE,
    "oauth_grant": CHANGE,
    "oauth_accesstoken": CHANGE,
    "oauth_refreshtoken": CHANGE,
    "oauth_clientcertificate": KEEP,
    "oauth2_provider_idtoken": CHANGE,
    "oauth2_provider_devicegrant": CHANGE,
    # What is decided and settled, and what has a last day (each app's retention.py).
    "approvals_approvalrequest": CHANGE,
    # Who said what of it: a request that is deleted takes them along, by a trigger.
    "approvals_approvaldecision": APPEND,
    # What proves a reason is never forgotten; a key that is retired is another's turn.
    "approvals_approvalevidence": KEEP,
    "approvals_rejectionevidence": KEEP,
    "approvals_approvalrule": CHANGE,
    "approvals_approval": KEEP,
    "approvals_approvalstandin": CHANGE,
    "providers_provideraccount": KEEP,
    # Erased once they are decided on.
    "providers_stagedcredentials": CHANGE,
    "providers_numberplanrule": CHANGE,
    "providers_callback": CHANGE,
    "webhooks_endpoint": KEEP,
    "webhooks_delivery": CHANGE,
    "realtime_sequencerlease": KEEP,
    "monitoring_railminute": CHANGE,
    "monitoring_railday": KEEP,
    "monitoring_watch": KEEP,
    "monitoring_bookcheck": "SELECT, INSERT, DELETE",
    "monitoring_alertchannel": KEEP,
    "monitoring_alertrule": KEEP,
    "monitoring_alertrule_channels": CHANGE,
    # A suspicion that came to nothing is deleted.
    "monitoring_incident": CHANGE,
    "monitoring_incidententry": APPEND,
    "monitoring_notification": KEEP,
    "core_outboxmessage": CHANGE,
    "core_idempotencyrecord": CHANGE,
    "core_tracecontext": "SELECT, INSERT, DELETE",
}
