from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from apps.approvals.admin.rule_form import RuleForm
from apps.core.visible_line import VisibleLineField
from apps.day_reports.admin.subscription_form import SubscriptionForm
from apps.merchants.staff.new_key import NewKeyForm
from apps.providers.staff.account_forms import OpenAccountForm
from apps.reconciliation.admin.own_rules import RuleForm as OwnRuleForm
from apps.settlement.admin.terms import TermsForm
from apps.statement_sources.admin.source_forms import SourceForm

NAMES = [
    (form, name)
    for form in (
        RuleForm, SubscriptionForm, NewKeyForm, OpenAccountForm, OwnRuleForm, TermsForm, SourceForm,
    )
    for name in ("name", "label")
    if name in form.base_fields
]  # fmt: skip


@pytest.mark.parametrize(("form", "name"), NAMES)
def test_what_staff_call_a_thing_reads_as_it_is_written(form, name):
    field = form.base_fields[name]

    assert field.clean(" Wave\u202e  Dakar\n2 ") == "Wave Dakar 2"
    if field.required:
        with pytest.raises(ValidationError):
            field.clean("\u202e\u2066 ")


def test_a_line_is_not_longer_than_its_field():
    with pytest.raises(ValidationError):
        VisibleLineField(max_length=3).clean("\u202eabcd")
