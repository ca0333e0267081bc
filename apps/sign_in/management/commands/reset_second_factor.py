from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.sign_in.people_who_approve import refuse_where_two_can
from apps.sign_in.services.remove_second_factors import remove_second_factors


class Command(BaseCommand):
    """As long as there are no two others: they agree on it in the admin."""

    help = "Remove all second factors of a person and end her sessions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: object, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError("Nobody has this name.")
        refuse_where_two_can(beside=user.pk)
        count = remove_second_factors(user=user, actor="system", now=timezone.now())
        self.stdout.write(f"{count} removed; she adds a new one when she signs in.")
