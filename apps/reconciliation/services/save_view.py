from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.storable_text import storable_text
from apps.reconciliation.models import SavedView

VIEWS_MAX = 20
NAME_LENGTH_MAX = 40


class ViewRefused(DomainError):
    code = "view_refused"
    title = "Give it a name of 40 characters at most; a person has 20 views at most."


@transaction.atomic
def save_view(*, person: AbstractBaseUser, name: str, query: str) -> SavedView:
    """Keep a person's choice of filters under a name; the same name again replaces it.

    Raises:
        ViewRefused: no name, too long a one, or too many views.
    """
    name = storable_text(name.strip(), NAME_LENGTH_MAX + 1)
    others = SavedView.objects.filter(person_id=person.pk).exclude(name=name)
    if not name or len(name) > NAME_LENGTH_MAX or others.count() >= VIEWS_MAX:
        raise ViewRefused(
            _(
                "Give it a name of %(length)s characters at most; a person has %(count)s views"
                " at most."
            )
            % {"length": NAME_LENGTH_MAX, "count": VIEWS_MAX},
            field="name",
        )
    view, _is_new = SavedView.objects.update_or_create(
        person_id=person.pk, name=name, defaults={"query": storable_text(query, 300)}
    )
    return view
