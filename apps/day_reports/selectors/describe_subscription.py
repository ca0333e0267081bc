from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.approvals.rules.compared_lines import compared_lines
from apps.approvals.selectors.replaced_version import replaced_version
from apps.day_reports.models import ReportSubscription
from apps.statement_sources.rules.ssh_keys import fingerprints


def describe_subscription(payload: Mapping[str, Any]) -> list[str]:
    """What two people agree on: of whom, in which files, to whom; beside what held. No secret."""
    found = ReportSubscription.objects.select_related("merchant", "provider_account")
    draft = found.get(pk=UUID(payload["subscription_id"]))
    before = replaced_version(draft, found.filter(root_id=draft.root_id))
    replaced = subscription_lines(before) if before else []
    # A password is typed anew each time: it is never as until now.
    return compared_lines(
        [line for line in replaced if line != _("With a password")], subscription_lines(draft)
    )


def subscription_lines(subscription: ReportSubscription) -> list[str]:
    told = [
        _("Day reports of %(owner)s: %(files)s")
        % {
            "owner": subscription.merchant or subscription.provider_account,
            "files": ", ".join(subscription.formats),
        },
        _("Live mode") if subscription.livemode else _("Test mode"),
        _("As soon as the day is ready")
        if subscription.hour is None
        else _("Not before %(hour)d:00 of the next day (%(zone)s)")
        % {"hour": subscription.hour, "zone": subscription.timezone},
        *(_("By e-mail to %(address)s") % {"address": one} for one in subscription.emails),
    ]
    if subscription.host:
        told.append(
            _("To the server %(user)s@%(host)s:%(port)d")
            % {
                "user": subscription.username,
                "host": subscription.host,
                "port": subscription.port,
            }
        )
        keys = fingerprints(subscription.host_keys)
        told += [_("Host key: %(key)s") % {"key": key} for key in keys]
        told.append(_("Folder: %(folder)s") % {"folder": subscription.folder or "."})
        if subscription.our_public_key:
            (ours,) = fingerprints(" ".join(subscription.our_public_key.split()[:2]))
            told.append(_("Our key: %(key)s") % {"key": ours})
        else:
            told.append(_("With a password"))
    return told
