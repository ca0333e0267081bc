"""A payment by what openapi-python-client makes of docs/openapi.json."""

import json
import os
import time

from lomi_africa_client import AuthenticatedClient
from lomi_africa_client.api.payments import payments_create, payments_get, payments_list
from lomi_africa_client.models import (
    PayerInput,
    Payment,
    PaymentInput,
    PaymentInputCurrency,
    PaymentsListResponse200,
    PaymentWithAttempts,
    PaymentWithAttemptsStatus,
    Problem,
)

REFERENCE = os.environ["LOMI_REFERENCE"]


def main() -> None:
    with AuthenticatedClient(os.environ["LOMI_URL"], token=os.environ["LOMI_KEY"]) as client:
        wanted = PaymentInput(
            amount=1500,
            currency=PaymentInputCurrency.XAF,
            payer=PayerInput(phone="677 00 00 01"),
            reference=REFERENCE,
        )
        made = payments_create.sync(client=client, body=wanted, idempotency_key=REFERENCE)
        assert isinstance(made, Payment)
        again = payments_create.sync(client=client, body=wanted, idempotency_key=REFERENCE)
        assert isinstance(again, Payment)
        wanted.amount = 0
        refused = payments_create.sync(client=client, body=wanted, idempotency_key=f"{REFERENCE}-0")
        assert isinstance(refused, Problem)
        payment = payments_get.sync(made.id, client=client)
        assert isinstance(payment, PaymentWithAttempts)
        while payment.status is not PaymentWithAttemptsStatus.SUCCEEDED:
            time.sleep(0.2)
            payment = payments_get.sync(made.id, client=client)
            assert isinstance(payment, PaymentWithAttempts)
        listed = payments_list.sync(client=client, reference=REFERENCE)
        assert isinstance(listed, PaymentsListResponse200)
        told = {
            "id": payment.id,
            "amount_received": payment.amount_received,
            "again": again.id,
            "refused": refused.code,
            "listed": [one.id for one in listed.data],
        }
        print(json.dumps(told))


if __name__ == "__main__":
    main()
