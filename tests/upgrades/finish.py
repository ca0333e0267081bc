"""`python -m tests.upgrades.finish`: send and ask about all that is open; says how much is left."""

import sys

import django

django.setup()

from django.utils import timezone  # noqa: E402

from apps.orchestration.models import ATTEMPT_FINAL, Attempt  # noqa: E402
from apps.orchestration.services.refresh_attempt import refresh_attempt  # noqa: E402
from apps.providers import registry  # noqa: E402
from apps.providers.contract import Outcome, ProviderResult  # noqa: E402
from tests.fakes import FAKE, FakeConnector, FakeProvider, submit_due  # noqa: E402
from tests.upgrades.fill import nobody_delivers  # noqa: E402


class Paying(FakeProvider):
    """Everybody has paid by now."""

    def answer(self, request):
        reference = f"P{request.reference.int % 10**12}"
        return ProviderResult(
            Outcome.SUCCEEDED,
            provider_reference=reference,
            amount=request.amount,
            currency=request.currency,
            counterparty=request.counterparty,
            raw={"financialTransactionId": reference},
        )


def main():
    provider = Paying()
    registry.CONNECTORS[FAKE] = (lambda _: provider, FakeConnector)
    registry.PROFILES[FAKE] = FakeConnector.profile
    now = timezone.now()
    waiting = Attempt.objects.exclude(status__in=ATTEMPT_FINAL)
    waiting.filter(status="created").update(next_check_at=now)
    submit_due(now)
    for pk in waiting.values_list("pk", flat=True):
        refresh_attempt(attempt_id=pk, source="poll")
    nobody_delivers()
    sys.stdout.write(f"{waiting.count()}\n")


if __name__ == "__main__":
    main()
