"""Whom a merchant's settlements go to, as its terms keep it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from apps.settlement.models import SettlementTerms
from apps.settlement.rules.contexts import PAYEE_CONTEXT
from apps.vault.encryption import decrypt


@dataclass(frozen=True, slots=True)
class Payee:
    """Of a payout `phone`, +E.164; of a transfer the others, `account` an IBAN or what the bank
    takes in its place."""

    phone: str = ""
    name: str = ""
    account: str = ""
    bic: str = ""

    @property
    def key(self) -> str:
        """Where the money goes: equal for the same wallet or account, however it is named."""
        return self.phone or f"{self.bic} {self.account}"

    @property
    def masked(self) -> str:
        if self.phone:
            return f"{self.phone[:4]} •••••••{self.phone[-2:]}"
        return f"{self.name[:40]} ••••{self.account[-4:]}"

    @property
    def whole(self) -> str:
        """For who decides on it."""
        return self.phone or ", ".join(filter(None, (self.name, self.account, self.bic)))

    def as_text(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


def payee_of(terms: SettlementTerms) -> Payee:
    """Decrypted. Raises DecryptionFailed, EncryptionKeyMissing."""
    text = decrypt(terms.payee_encrypted, context=PAYEE_CONTEXT, row_id=terms.pk)
    return Payee(**json.loads(text))
