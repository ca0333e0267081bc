"""What is typed of an approval rule."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import Group, User
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.approvals.admin.shown import title_of
from apps.approvals.models import ApprovalRule
from apps.approvals.rules.actions import approvable_actions, known_rails
from apps.approvals.rules.makers import ROLE, USER
from apps.approvals.services.request_approval import REASON_LENGTH_MAX
from apps.approvals.services.save_rule import FIELDS
from apps.core.money import AMOUNT_MAX, EXPONENTS
from apps.core.public_ids import InvalidPublicId, decode_id, encode_id
from apps.core.staff_text import StaffText
from apps.core.visible_rows import visible_rows
from apps.merchants.models import ApiKey
from apps.merchants.selectors.rotation_root import rotation_root

STEPS_MAX = 3
PERSONS_MAX = 5
SUM_HOURS_MAX = 31 * 24
ANY = ("", _("any"))
PROGRAMS_MAX = 20


def _amount(label: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        max_value=AMOUNT_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
    )


def _choice(label: Any, choices: Any, **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, widget=UnfoldAdminSelectWidget, **more)


def _several(label: Any, choices: Any) -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(
        label=label, choices=choices, required=False, widget=UnfoldAdminSelectMultipleWidget
    )


def _people() -> list[tuple[str, str]]:
    people = User.objects.filter(is_staff=True, is_active=True).order_by("username")
    return [(f"{USER}{one.pk}", str(one)) for one in people]


def _roles() -> list[tuple[str, str]]:
    return [(f"{ROLE}{one.pk}", one.name) for one in Group.objects.order_by("name")]


class RuleForm(forms.Form):
    """A rule as it shall be, and why."""

    name = StaffText(label=_("name"), max_length=80, widget=UnfoldAdminTextInputWidget)
    action = _choice(_("action"), lambda: [(one, title_of(one)) for one in approvable_actions()])
    currency = _choice(_("currency"), [ANY, *((one, one) for one in EXPONENTS)], required=False)
    amount_min = _amount(_("amount from, in the currency's smallest unit"))
    amount_max = _amount(_("amount up to, in the currency's smallest unit"))
    sum_of = _choice(
        _("the amounts are of the sum of"),
        [("", _("this one alone")), *ApprovalRule.SumOf.choices],
        required=False,
        help_text=_("Of what was sent or waits up to then, in the same mode, with this one."),
    )
    sum_hours = forms.IntegerField(
        label=_("within how many hours"),
        required=False,
        min_value=1,
        max_value=SUM_HOURS_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    rail = _choice(
        _("operator"),
        lambda: [ANY, *((one, one) for one in known_rails())],
        required=False,
    )
    how = _choice(_("made"), [ANY, *ApprovalRule.How.choices], required=False)
    payee = _choice(_("payee"), [ANY, *ApprovalRule.Payee.choices], required=False)
    maker_people = _several(_("made by one of these people"), _people)
    maker_roles = _several(_("or by one with one of these roles"), _roles)
    maker_programs = StaffText(
        label=_("or by one of these keys or applications of merchants"),
        required=False,
        max_length=PROGRAMS_MAX * 40,
        help_text=_(
            "Their ids, key_… or app_…, with a space between. What replaces a key counts as it."
        ),
        widget=UnfoldAdminTextInputWidget,
    )
    keys_may_decide = forms.BooleanField(
        label=_("a key of the merchant may decide"),
        required=False,
        help_text=_("Another one than it was made with; these people may as well."),
        widget=UnfoldBooleanSwitchWidget,
    )
    is_enabled = forms.BooleanField(
        label=_("enabled"), required=False, initial=True, widget=UnfoldBooleanSwitchWidget
    )
    reason = StaffText(
        label=_("why it is changed"),
        max_length=REASON_LENGTH_MAX,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, user: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._user = user
        # Whoever tries it need not say yet why.
        self.fields["reason"].required = "try" not in self.data
        reason = self.fields.pop("reason")
        roles = [("", _("anybody who may decide")), *Group.objects.values_list("pk", "name")]
        for number in range(1, STEPS_MAX + 1):
            self.fields[f"persons_{number}"] = forms.IntegerField(
                label=_("step %(step)d: how many persons") % {"step": number},
                required=number == 1,
                initial=1 if number == 1 else None,
                min_value=1,
                max_value=PERSONS_MAX,
                widget=UnfoldAdminIntegerFieldWidget,
            )
            self.fields[f"role_{number}"] = _choice(
                _("step %(step)d: with the role") % {"step": number}, roles, required=False
            )
        self.fields["reason"] = reason

    def clean_maker_programs(self) -> list[str]:
        """Each as those who make something are named: a key by the first of its rotation."""
        named = self.cleaned_data["maker_programs"].split()
        if len(named) > PROGRAMS_MAX:
            raise forms.ValidationError(_("%(most)d at most.") % {"most": PROGRAMS_MAX})
        return list(dict.fromkeys(self._program(one) for one in named))

    def _program(self, public_id: str) -> str:
        try:
            if public_id.startswith("app_"):
                return f"application:{encode_id('app', decode_id('app', public_id))}"
            key = visible_rows(self._user, ApiKey.objects.filter(pk=decode_id("key", public_id)))
        except InvalidPublicId:
            key = ApiKey.objects.none()
        if (found := key.first()) is None:
            raise forms.ValidationError(_("There is no key %(id)s.") % {"id": public_id[:60]})
        return f"key:{encode_id('key', rotation_root(found.pk))}"

    def as_payload(self) -> dict[str, Any]:
        said = self.cleaned_data
        steps = [
            {"persons": said[f"persons_{n}"], "group": int(said[f"role_{n}"] or 0) or None}
            for n in range(1, STEPS_MAX + 1)
            if said[f"persons_{n}"]
        ]
        said["steps"] = steps
        said["makers"] = [*said["maker_people"], *said["maker_roles"], *said["maker_programs"]]
        return {name: said[name] for name in FIELDS}


def initial_of(rule: ApprovalRule) -> dict[str, Any]:
    """What the form shows of a rule."""
    said = {name: getattr(rule, name) for name in FIELDS}
    for number, one in enumerate(rule.steps, 1):
        said[f"persons_{number}"], said[f"role_{number}"] = one["persons"], one["group"]
    programs = [one.partition(":")[2] for one in rule.makers if not one.startswith((USER, ROLE))]
    return {
        **said,
        "maker_people": [one for one in rule.makers if one.startswith(USER)],
        "maker_roles": [one for one in rule.makers if one.startswith(ROLE)],
        "maker_programs": " ".join(programs),
    }
