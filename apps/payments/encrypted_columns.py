"""What of this app is encrypted."""

from typing import Any

from apps.payments.rules.payer import PAYER_CONTEXT, PAYER_INDEX
from apps.vault.blind_index import search_index, search_keys
from apps.vault.encrypted_columns import EncryptedColumn
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing, decrypt
from apps.vault.key_ids import SEARCH


class PayerNumber(EncryptedColumn):
    """With the blind index that finds it."""

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.name, "payer_msisdn_index")

    def key_ids(self, row: Any) -> set[str]:
        try:
            number = self._number(row)
        except (DecryptionFailed, EncryptionKeyMissing):
            return super().key_ids(row)
        index = bytes(row.payer_msisdn_index)
        found_by = {
            SEARCH + key_id
            for key_id in search_keys()
            if index == search_index(number, purpose=PAYER_INDEX, key_id=key_id)
        }
        return super().key_ids(row) | (found_by or {f"{SEARCH}?"})

    def renew(self, row: Any) -> None:
        super().renew(row)
        row.payer_msisdn_index = search_index(self._number(row), purpose=PAYER_INDEX)

    def _number(self, row: Any) -> str:
        return decrypt(row.payer_msisdn_encrypted, context=self.context, row_id=row.pk)


ENCRYPTED_COLUMNS = (PayerNumber("payments.Payment", "payer_msisdn_encrypted", PAYER_CONTEXT),)
