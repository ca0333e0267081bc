from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.audit.admin import show_person
from apps.core.admin import ReadOnlyAdmin, related, show_label, show_lines, show_time
from apps.statement_sources.models import SourceConnection
from apps.statement_sources.selectors.describe_connection import connection_lines


@admin.register(SourceConnection)
class SourceConnectionAdmin(ReadOnlyAdmin):
    """Every version there was. No secret is shown."""

    public_id_prefix = "stc"
    list_display = ["public_id_shown", "source_shown", "version", "where", "begins"]
    list_select_related = ["source__provider_account"]
    search_fields = ["id", "source"]
    search_help_text = _("Exactly: the id, stc_…")
    fields = [
        "public_id_shown", "source_shown", "version", "reach", "made", "begins", "maker",
        "approver",
    ]  # fmt: skip
    readonly_fields = fields
    source_shown = staticmethod(related("source", _("source")))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    @display(description=_("id"))
    def public_id_shown(self, connection: SourceConnection) -> str:
        return connection.public_id

    @display(description=_("version"))
    def version(self, connection: SourceConnection) -> SafeString | str:
        return str(connection.number) if connection.number else show_label(_("draft"))

    @display(description=_("how it is reached"))
    def where(self, connection: SourceConnection) -> str:
        return connection_lines(connection)[0]

    @display(description=_("how it is reached"))
    def reach(self, connection: SourceConnection) -> SafeString:
        return show_lines(connection_lines(connection))

    @display(description=_("created"))
    def made(self, connection: SourceConnection) -> str:
        return show_time(connection.created_at)

    @display(description=_("valid from"))
    def begins(self, connection: SourceConnection) -> str:
        return show_time(connection.valid_from)

    @display(description=_("made by"))
    def maker(self, connection: SourceConnection) -> str:
        return show_person(connection.created_by)

    @display(description=_("approved by"))
    def approver(self, connection: SourceConnection) -> str:
        return show_person(connection.approved_by)
