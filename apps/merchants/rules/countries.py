"""The countries of UEMOA and of CEMAC: what a merchant of each is paid in, and its time."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Country(NamedTuple):
    name: str | Promise
    # ISO 4217.
    currency: str
    # Each of them has one.
    timezone: str


# By ISO 3166 alpha-2.
COUNTRIES = {
    "BJ": Country(_("Benin"), "XOF", "Africa/Porto-Novo"),
    "BF": Country(_("Burkina Faso"), "XOF", "Africa/Ouagadougou"),
    "CI": Country(_("Côte d’Ivoire"), "XOF", "Africa/Abidjan"),
    "GW": Country(_("Guinea-Bissau"), "XOF", "Africa/Bissau"),
    "ML": Country(_("Mali"), "XOF", "Africa/Bamako"),
    "NE": Country(_("Niger"), "XOF", "Africa/Niamey"),
    "SN": Country(_("Senegal"), "XOF", "Africa/Dakar"),
    "TG": Country(_("Togo"), "XOF", "Africa/Lome"),
    "CM": Country(_("Cameroon"), "XAF", "Africa/Douala"),
    "CF": Country(_("Central African Republic"), "XAF", "Africa/Bangui"),
    "TD": Country(_("Chad"), "XAF", "Africa/Ndjamena"),
    "CG": Country(_("Congo"), "XAF", "Africa/Brazzaville"),
    "GQ": Country(_("Equatorial Guinea"), "XAF", "Africa/Malabo"),
    "GA": Country(_("Gabon"), "XAF", "Africa/Libreville"),
}
