"""What public holidays are called, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from holidays import country_holidays

from apps.support_tickets.rules.business_hours import COUNTRIES_WITH_HOLIDAYS

# Of the countries whose holidays the library does not name in French: CM, GW and GQ.
IN_FRENCH = {
    "AFCON Victory Against Ivory Coast": "Victoire à la CAN contre la Côte d’Ivoire",
    "African Liberation Day": "Journée de la libération de l’Afrique",
    "Armed Forces Day": "Fête des forces armées",
    "Ascension Day": "Ascension",
    "Assumption Day": "Assomption",
    "Christmas Day": "Noël",
    "Constitution Day": "Fête de la Constitution",
    "Corpus Christi": "Fête-Dieu",
    "Day of the Beginning of the Armed Struggle": "Début de la lutte armée",
    "Easter Sunday": "Pâques",
    "Eid al-Adha": "Fête du mouton (Aïd al-Adha)",
    "Eid al-Fitr": "Fin du ramadan (Aïd al-Fitr)",
    "Good Friday": "Vendredi saint",
    "Immaculate Conception": "Immaculée Conception",
    "Independence Day": "Fête de l’indépendance",
    "International Labor Day": "Fête du travail",
    "International Women's Day": "Journée internationale des femmes",
    "Labour Day": "Fête du travail",
    "Maundy Thursday": "Jeudi saint",
    "Mawlid": "Naissance du Prophète (Maouloud)",
    "National Day": "Fête nationale",
    "National Heroes' Day": "Journée des héros nationaux",
    "National Independence Day": "Fête de l’indépendance nationale",
    "New Year's Day": "Jour de l’an",
    "Pidjiguiti Day": "Journée de Pidjiguiti",
    "President's Day": "Fête du Président",
    "Worker's Day": "Fête du travail",
    "Youth Day": "Fête de la jeunesse",
}
REMARKS = {"estimated": "date estimée", "observed": "jour de report"}


def holiday_names(country: str, year: int, *, language: str) -> Mapping[date, str]:
    """Day -> its name in "fr" or "en"; none of a country without holidays here."""
    if country not in COUNTRIES_WITH_HOLIDAYS:
        return {}
    spoken = country_holidays(country).supported_languages
    found = next((one for one in sorted(spoken) if one.split("_")[0] == language), None)
    found = found or next((one for one in spoken if one == "en_US"), None)
    named = country_holidays(country, years=year, language=found)
    is_english = language == "fr" and (found is None or found.startswith("en"))
    return {day: _in_french(name) if is_english else name for day, name in named.items()}


def _in_french(name: str) -> str:
    """Several on one day are parted by semicolons; what is estimated or observed says so."""
    return "\u202f; ".join(_one_in_french(one) for one in name.split("; "))


def _one_in_french(name: str) -> str:
    plain, _, remarks = re.sub(r"\)$", "", name).partition(" (")
    shown = IN_FRENCH.get(plain, plain)
    if not remarks:
        return shown
    return f"{shown}, {', '.join(REMARKS.get(one, one) for one in remarks.split(', '))}"
