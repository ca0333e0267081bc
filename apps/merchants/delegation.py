"""What an application made for itself ends with the consent it was made with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, TypeVar
from uuid import UUID

from django.db.models import Model, OuterRef, QuerySet, Subquery

from apps.merchants.models import DelegatedObject

if TYPE_CHECKING:
    from apps.merchants.caller import Caller

Row = TypeVar("Row", bound=Model)


class Delegation(TypedDict):
    """Of a Caller."""

    application_id: UUID | None
    grant_id: UUID | None


def with_delegation(rows: QuerySet[Row, Row]) -> QuerySet[Any, Any]:
    """Each with what delegation_of reads."""
    made = DelegatedObject.objects.filter(object_id=OuterRef("pk"))
    return rows.annotate(
        delegated_to=Subquery(made.values("application_id")[:1]),
        delegated_by=Subquery(made.values("grant_id")[:1]),
    )


def delegation_of(row: Any) -> Delegation:
    """For whom a credential calls; read by with_delegation."""
    return Delegation(application_id=row.delegated_to, grant_id=row.delegated_by)


def is_own_of(caller: Caller, object_id: UUID) -> bool:
    """Whether the merchant's own program calls, or the application that made this object."""
    if caller.application_id is None:
        return True
    return DelegatedObject.objects.filter(
        object_id=object_id, application_id=caller.application_id
    ).exists()
