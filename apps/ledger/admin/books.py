from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display

from apps.core.admin import (
    DayRangeFilter,
    ReadOnlyAdmin,
    read_public_id,
    related,
    show_mode,
    show_money,
    show_time,
)
from apps.core.public_ids import encode_id
from apps.ledger.admin.corrections import TakenBackByTwo
from apps.ledger.models import (
    Account,
    AccountKind,
    Correction,
    DayRelease,
    Release,
    ReserveRelease,
    Transfer,
)
from apps.ledger.rules.postings import SOURCES, TransferKind
from apps.ledger.selectors.corrections_of import corrections_of
from apps.ledger.selectors.read_balance import WAITING, read_pending_dates
from apps.merchants.models import Merchant
from apps.providers.models import ProviderAccount

OF_MERCHANTS = (
    AccountKind.MERCHANT_PAYABLE,
    AccountKind.MERCHANT_HELD,
    AccountKind.MERCHANT_PENDING,
    AccountKind.MERCHANT_RESERVE,
)


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ["name", "owner", "mode", "balance"]
    list_filter = ["kind", "livemode", "currency"]
    search_fields = ["id", "owner_id"]
    search_help_text = _("The UUID of the account or of its owner, or mer_… or pa_….")
    fields = ["uuid", "name", "owner", "mode", "balance", "next_dates", "corrected", "created"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        return with_balance(super().get_queryset(request))

    def matching(self, text: str) -> Q:
        for prefix in ("mer", "pa"):
            owner_id = read_public_id(prefix, text)
            if owner_id is not None:
                text = str(owner_id)
        return super().matching(text)

    @display(description=_("kind"))
    def name(self, account: Account) -> str:
        return account.get_kind_display()

    @display(description=_("owner"))
    def owner(self, account: Account) -> object:
        if account.owner_id is None:
            return _("the platform")
        if account.kind in OF_MERCHANTS:
            page, text = "merchants_merchant", account.merchant_name  # type: ignore[attr-defined]
        else:
            page, text = "providers_provideraccount", account.provider_label  # type: ignore[attr-defined]
        url = reverse(f"admin:{page}_change", args=[account.owner_id])
        return format_html('<a href="{}">{}</a>', url, text or account.owner_id)

    @display(description=_("mode"))
    def mode(self, account: Account) -> SafeString:
        return show_mode(account.livemode)

    @display(description=_("balance"))
    def balance(self, account: Account) -> str:
        return show_money(account.balance, account.currency)  # type: ignore[attr-defined]

    @display(description=_("becomes available"))
    def next_dates(self, account: Account) -> SafeString | str:
        kind = AccountKind(account.kind)
        if kind not in WAITING or account.owner_id is None:
            return ""
        dates = read_pending_dates(
            merchant_id=account.owner_id, livemode=account.livemode, kind=kind
        )
        return format_html_join(
            mark_safe("<br>"),
            "{}: {}",
            (
                (show_time(one.available_at), show_money(one.amount, account.currency))
                for one in dates.get(account.currency, [])
            ),
        )

    @display(description=_("put right"))
    def corrected(self, account: Account) -> SafeString | str:
        return show_corrections(corrections_of(account)) or "–"

    @display(description=_("created"))
    def created(self, account: Account) -> str:
        return show_time(account.created_at)


def _kind(account: Account) -> str:
    return account.get_kind_display()


FROM = related("from_account", _("from"), _kind)
TO = related("to_account", _("to"), _kind)


@admin.register(Transfer)
class TransferAdmin(TakenBackByTwo):
    list_display = ["created", "kind", "money", "source", FROM, TO]
    list_filter = ["kind", ("created_at", DayRangeFilter)]
    list_select_related = ["from_account", "to_account"]
    search_fields = ["source_id", "id"]
    search_help_text = _("The id of what is booked: pay_…, ref_…, po_…")
    fields = ["uuid", "created", "kind", "money", "source", FROM, TO, "taken_back_by"]
    readonly_fields = fields

    def matching(self, text: str) -> Q:
        for prefix in set(SOURCES.values()):
            source_id = read_public_id(prefix, text)
            if source_id is not None:
                text = str(source_id)
        return super().matching(text)

    @display(description=_("created"))
    def created(self, transfer: Transfer) -> str:
        return show_time(transfer.created_at)

    @display(description=_("amount"))
    def money(self, transfer: Transfer) -> str:
        return show_money(transfer.amount, transfer.currency)

    @display(description=_("books"))
    def source(self, transfer: Transfer) -> str:
        return encode_id(SOURCES[TransferKind(transfer.kind)], transfer.source_id)

    @display(description=_("taken back by"))
    def taken_back_by(self, transfer: Transfer) -> SafeString | str:
        found = Correction.objects.filter(reverses=transfer).first()
        return show_corrections([found]) if found else "–"


class DayReleaseAdmin(ReadOnlyAdmin):
    """What of one merchant, rail and day became available at once."""

    # Available from when it is booked: the page says when that was to be.
    list_display = ["created", "merchant", "rail", "money", "count", "mode"]
    list_filter = [("livemode", BooleanRadioFilter), ("created_at", DayRangeFilter)]
    search_fields = ["id"]
    fields = ["uuid", "created", "merchant", "rail", "money", "count", "available", "mode"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[DayRelease]:
        merchant = Merchant.objects.filter(pk=OuterRef("merchant_id"))
        provider = ProviderAccount.objects.filter(pk=OuterRef("provider_account_id"))
        releases: QuerySet[DayRelease] = super().get_queryset(request)
        return releases.annotate(
            merchant_name=Subquery(merchant.values("name")),
            provider_label=Subquery(provider.values("label")),
        )

    @display(description=_("created"))
    def created(self, release: DayRelease) -> str:
        return show_time(release.created_at)

    @display(description=_("merchant"))
    def merchant(self, release: DayRelease) -> SafeString:
        name = release.merchant_name  # type: ignore[attr-defined]
        url = reverse("admin:merchants_merchant_change", args=[release.merchant_id])
        return format_html('<a href="{}">{}</a>', url, name or release.merchant_id)

    @display(description=_("provider account"))
    def rail(self, release: DayRelease) -> SafeString:
        account_id = release.provider_account_id
        url = reverse("admin:providers_provideraccount_change", args=[account_id])
        label = release.provider_label  # type: ignore[attr-defined]
        return format_html('<a href="{}">{}</a>', url, label or encode_id("pa", account_id))

    @display(description=_("amount"))
    def money(self, release: DayRelease) -> str:
        return show_money(release.amount, release.currency)

    @display(description=_("available from"))
    def available(self, release: DayRelease) -> str:
        return show_time(release.available_at)

    @display(description=_("mode"))
    def mode(self, release: DayRelease) -> SafeString:
        return show_mode(release.livemode)


@admin.register(Release)
class ReleaseAdmin(DayReleaseAdmin):
    public_id_prefix = "rel"
    search_help_text = _("Exactly: the id, rel_….")


@admin.register(ReserveRelease)
class ReserveReleaseAdmin(DayReleaseAdmin):
    public_id_prefix = "rsr"
    search_help_text = _("Exactly: the id, rsr_….")


def show_corrections(corrections: Iterable[Correction]) -> SafeString:
    return format_html_join(
        mark_safe("<br>"),
        '<a href="{}">{}</a> {} {}',
        (
            (
                reverse("admin:ledger_correction_change", args=[one.pk]),
                one.public_id,
                show_money(one.transfer.amount, one.transfer.currency),
                show_time(one.created_at),
            )
            for one in corrections
        ),
    )


def with_balance(accounts: QuerySet[Account]) -> QuerySet[Account]:
    """Accounts with `balance` (minor units) and who owns them: `merchant_name`, `provider_label`.
    All in the one query."""
    merchant = Merchant.objects.filter(pk=OuterRef("owner_id"))
    provider = ProviderAccount.objects.filter(pk=OuterRef("owner_id"))
    return accounts.annotate(
        merchant_name=Subquery(merchant.values("name")),
        provider_label=Subquery(provider.values("label")),
        balance=F("current__amount"),
    )
