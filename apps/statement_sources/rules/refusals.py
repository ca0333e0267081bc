"""What is refused of sources and files, by stable codes."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError


class SourceInvalid(DomainError):
    code = "statement_source_invalid"
    status = 422
    title = "This is no source of statements."


class SourceChanged(DomainError):
    code = "statement_source_changed"
    status = 409
    title = "Somebody else changed the source meanwhile. Look at it again."
    staff_words = _("Somebody else changed the source meanwhile. Look at it again.")


class SourceUnreachable(DomainError):
    code = "statement_source_without_connection"
    status = 409
    title = "Two people have to agree first on how it is reached."
    staff_words = _("Two people have to agree first on how it is reached.")


class ConnectionInvalid(DomainError):
    code = "source_connection_invalid"
    status = 422
    title = "The source cannot be reached like this."


class ConnectionChanged(DomainError):
    code = "source_connection_changed"
    status = 409
    title = "This is not the connection that was shown. Look at it again."
    staff_words = _("This is not the connection that was shown. Look at it again.")


class FileMoved(DomainError):
    code = "received_file_moved"
    status = 409
    title = "The file does not wait for a person any more. Look at it again."
    staff_words = _("The file does not wait for a person any more. Look at it again.")


class ReasonMissing(DomainError):
    code = "reason_missing"
    title = "Say why, in 300 characters at most."
    staff_words = _("Say why, in 300 characters at most.")
