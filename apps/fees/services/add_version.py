from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.public_ids import new_id
from apps.fees.models import FeeLine, FeePlan, FeePlanVersion, FeeReturn
from apps.fees.rules.check_lines import check_lines
from apps.fees.rules.fee_terms import NAMES, FeeTerms
from apps.fees.rules.lines_digest import LINES_DIGEST
from apps.fees.selectors.planned_version import latest_standing

DIGEST = f"SELECT {LINES_DIGEST} FROM fees_feeline l WHERE l.version_id = %s"  # noqa: S608


class FeePlanChanged(DomainError):
    code = "fee_plan_changed"
    status = 409
    title = "The plan has changed since. Look at it again."


@transaction.atomic
def add_version(
    *,
    plan: FeePlan,
    lines: Sequence[FeeTerms],
    valid_from: datetime,
    after_number: int,
    fee_return: str = FeeReturn.NONE,
    now: datetime,
) -> FeePlanVersion:
    """The next version of a plan; the one before holds until it begins.

    Args:
        after_number: of the version it follows; 0 for the first.
        fee_return: what refunds give back of the fees that are charged by it.

    Raises:
        FeeLinesRefused: see check_lines.
        FeePlanChanged: another version came meanwhile, or the one before begins later than this.
    """
    check_lines(lines)
    FeePlan.objects.select_for_update().get(pk=plan.pk)
    before = latest_standing(plan)
    if (before.number if before else 0) != after_number:
        raise FeePlanChanged(_("Another version of this plan came meanwhile. Look at it again."))
    if before is not None:
        if before.valid_from >= valid_from:
            raise FeePlanChanged(_("The version before begins later than this one."))
        before.valid_until = valid_from
        before.save(update_fields=["valid_until"])
    version = FeePlanVersion(
        id=new_id(),
        plan=plan,
        # The number of one that was taken back stays its own.
        number=(plan.versions.aggregate(last=Max("number"))["last"] or 0) + 1,
        valid_from=valid_from,
        fee_return=FeeReturn(fee_return),
        created_at=now,
    )
    # The lines first, whose reference is looked at in the end: the version says what they are.
    FeeLine.objects.bulk_create(
        FeeLine(version=version, **{name: getattr(line, name) for name in NAMES}) for line in lines
    )
    with connection.cursor() as cursor:
        cursor.execute(DIGEST, [version.pk])
        version.lines_digest = cursor.fetchone()[0]
    version.save(force_insert=True)
    return version
