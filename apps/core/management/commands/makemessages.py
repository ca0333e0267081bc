from __future__ import annotations

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """Django's, without guesses: what is not translated stays empty, and a test names it."""

    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]
