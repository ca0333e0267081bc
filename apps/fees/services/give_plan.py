from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.fees.models import STANDING, FeePlan, MerchantFeePlan
from apps.merchants.models import Merchant


class FeePlanNotGiven(DomainError):
    code = "fee_plan_not_given"
    status = 409
    title = "The merchant cannot have this plan from then on."


@transaction.atomic
def give_plan(
    *, merchant: Merchant, plan: FeePlan, valid_from: datetime, now: datetime
) -> MerchantFeePlan:
    """The plan of a merchant from then on; the one before holds until then.

    Raises:
        FeePlanNotGiven: it is a provider's contract; it has no lines, or does not begin in time;
            the merchant has it already, or another from a later time on.
    """
    Merchant.objects.select_for_update().get(pk=merchant.pk)
    if plan.provider_account_id:
        raise FeePlanNotGiven(_("This is what a provider charges us."))
    # None of its versions is taken back meanwhile.
    FeePlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if not plan.versions.filter(STANDING, valid_from__lte=valid_from).exists():
        raise FeePlanNotGiven(_("No version of this plan holds by then."))
    before = MerchantFeePlan.objects.filter(merchant=merchant, valid_until=None).first()
    if before is not None:
        if before.plan_id == plan.pk:
            raise FeePlanNotGiven(_("The merchant has this plan already."))
        if before.valid_from >= valid_from:
            raise FeePlanNotGiven(_("The plan before begins later than this one."))
        before.valid_until = valid_from
        before.save(update_fields=["valid_until"])
    return MerchantFeePlan.objects.create(
        merchant=merchant, plan=plan, valid_from=valid_from, created_at=now
    )
