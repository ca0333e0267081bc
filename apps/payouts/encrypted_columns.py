"""What of this app is encrypted."""

from apps.payouts.rules.payee import PAYEE_CONTEXT, PAYEE_INDEX
from apps.vault.encrypted_columns import SearchableColumn

ENCRYPTED_COLUMNS = (
    SearchableColumn(
        "payouts.Payout",
        "payee_msisdn_encrypted",
        PAYEE_CONTEXT,
        index="payee_msisdn_index",
        purpose=PAYEE_INDEX,
    ),
)
