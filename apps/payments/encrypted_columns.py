"""What of this app is encrypted."""

from apps.payments.rules.payer import PAYER_CONTEXT, PAYER_INDEX
from apps.vault.encrypted_columns import SearchableColumn

ENCRYPTED_COLUMNS = (
    SearchableColumn(
        "payments.Payment",
        "payer_msisdn_encrypted",
        PAYER_CONTEXT,
        index="payer_msisdn_index",
        purpose=PAYER_INDEX,
    ),
)
