from __future__ import annotations

import getpass
import os
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from apps.audit.services.record import record
from apps.sign_in.people_who_approve import refuse_where_two_can


class Command(BaseCommand):
    """Instead of Django's own, which takes any password from the environment, or after a "y". The
    first two are made so; they give rights to all others."""

    help = (
        "A superuser with a good password, asked for or from DJANGO_SUPERUSER_PASSWORD, as long as"
        " fewer than two people can approve."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", default=os.environ.get("DJANGO_SUPERUSER_USERNAME", ""))
        parser.add_argument("--email", default=os.environ.get("DJANGO_SUPERUSER_EMAIL", ""))
        parser.add_argument("--noinput", "--no-input", action="store_false", dest="interactive")

    def handle(self, *args: object, **options: Any) -> None:
        refuse_where_two_can()
        is_interactive = options["interactive"]
        name = options["username"] or (input("Username: ") if is_interactive else "")
        if not name:
            raise CommandError("Say --username.")
        password = _ask() if is_interactive else os.environ.get("DJANGO_SUPERUSER_PASSWORD", "")
        user = User(username=name, email=options["email"], is_staff=True, is_superuser=True)
        user.set_password(password)
        try:
            user.full_clean()
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        with transaction.atomic():
            user.save()
            record(
                actor="system",
                action="user.add",
                target=f"user:{user.pk}",
                detail={"is_superuser": True},
                now=timezone.now(),
            )
        self.stdout.write("Superuser created.")


def _ask() -> str:
    password = getpass.getpass("Password: ")
    if getpass.getpass("Password (again): ") != password:
        raise CommandError("The two passwords differ.")
    return password
