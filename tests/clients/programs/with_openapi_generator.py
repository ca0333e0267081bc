"""A payment by what openapi-generator makes of docs/openapi.json."""

import json
import os
import time

from openapi_client import ApiClient, Configuration, PayerInput, PaymentInput, PaymentsApi
from openapi_client.exceptions import BadRequestException

REFERENCE = os.environ["LOMI_REFERENCE"]


def main() -> None:
    at = Configuration(host=os.environ["LOMI_URL"], access_token=os.environ["LOMI_KEY"])
    with ApiClient(at) as client:
        payments = PaymentsApi(client)
        wanted = PaymentInput(
            amount=1500,
            currency="XAF",
            payer=PayerInput(phone="677 00 00 01"),
            reference=REFERENCE,
        )
        made = payments.payments_create(idempotency_key=REFERENCE, payment_input=wanted)
        again = payments.payments_create(idempotency_key=REFERENCE, payment_input=wanted)
        refused = ""
        try:
            # Copied past the model's own checks, which would refuse it here.
            nothing = wanted.model_copy(update={"amount": 0})
            payments.payments_create(idempotency_key=f"{REFERENCE}-0", payment_input=nothing)
        except BadRequestException as error:
            refused = json.loads(error.body or "{}")["code"]
        while (payment := payments.payments_get(made.id)).status != "succeeded":
            time.sleep(0.2)
        listed = payments.payments_list(reference=REFERENCE)
        told = {
            "id": payment.id,
            "amount_received": payment.amount_received,
            "again": again.id,
            "refused": refused,
            "listed": [one.id for one in listed.data],
        }
        print(json.dumps(told))


if __name__ == "__main__":
    main()
