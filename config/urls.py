"""Every address, by door."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.contrib.staticfiles.views import serve
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from apps.core.error_pages import bad_request, not_found, permission_denied, server_error
from apps.core.security_txt import security_txt

# Whoever serves addresses serves the pages of the admin; nobody else reads them.
admin.autodiscover()

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/")),
    path("health", include("apps.core.health.urls")),
    path(".well-known/security.txt", security_txt),
    path("", include("apps.documentation.urls")),
    # Before events/<id>.
    path("", include("apps.realtime.api.urls")),
    path("api/v1/", include("apps.payments.api.urls")),
    path("api/v1/", include("apps.refunds.api.urls")),
    path("api/v1/", include("apps.payouts.api.urls")),
    path("api/v1/", include("apps.payout_batches.api.urls")),
    path("api/v1/", include("apps.support_tickets.api.urls")),
    path("api/v1/", include("apps.disputes.api.urls")),
    path("api/v1/", include("apps.payout_batches.api.act_urls")),
    path("api/v1/", include("apps.payout_batches.api.upload_urls")),
    path("api/v1/", include("apps.approvals.api.urls")),
    path("api/v1/", include("apps.routing.api.urls")),
    path("api/v1/", include("apps.monitoring.api.urls")),
    path("api/v1/", include("apps.ledger.api.urls")),
    path("api/v1/", include("apps.fees.api.urls")),
    path("api/v1/", include("apps.settlement.api.urls")),
    path("api/v1/", include("apps.day_reports.api.urls")),
    path("api/v1/", include("apps.merchants.api.urls")),
    path("api/v1/", include("apps.webhooks.api.urls")),
    path("api/v1/", include("apps.reporting.api.urls")),
    path("api/v1/", include("apps.oauth.api.urls")),
    path("", include("apps.sign_in.urls")),
    path("", include("apps.oauth.endpoints.urls")),
    path("", include("apps.oauth.consent.urls")),
    path("callbacks/", include("apps.providers.callbacks.urls")),
    path("pay/", include("apps.checkout.pages.urls")),
    path("admin/desk/disputes/", include("apps.disputes.staff.urls")),
    path("admin/desk/provider_accounts/", include("apps.providers.staff.urls")),
    path("admin/desk/settlement_delays/", include("apps.settlement.staff.urls")),
    path("admin/desk/merchants/", include("apps.access.staff.urls")),
    path("admin/desk/journal/", include("apps.ledger.staff.urls")),
    path("admin/desk/payout_batches/", include("apps.payout_batches.staff.urls")),
    path("", include("apps.monitoring.pages.urls")),
    path("pay/", include("apps.support_tickets.pages.urls")),
    path("help/", include("apps.support_tickets.pages.article_urls")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
]

if settings.SERVE_STATIC:
    urlpatterns.append(
        re_path(r"^static/(?P<path>.*)$", serve, {"insecure": True}),
    )

handler400 = bad_request
handler403 = permission_denied
handler404 = not_found
handler500 = server_error
