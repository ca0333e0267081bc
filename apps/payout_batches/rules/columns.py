"""Which column holds what: by its heading, as French and English payrolls call it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from apps.core.tables.cells import Cell, FileRefused, column_letters

NEEDED = ("phone", "amount")
# Headings without accents, spaces and signs.
HEADINGS = {
    "phone": "telephone ndetelephone ntel ntelephone tel phone phonenumber telephonenumber"
    " numerodetelephone numerotelephone numtel numerotel notelephone notel mobile mobilenumber"
    " numeromobile msisdn payeephone telephonedubeneficiaire numero",
    "amount": "montant amount somme montantnet netamount netapayer salairenet salaire salary netpay"
    " montantapayer amounttopay",
    "name": "nom name fullname nomcomplet nometprenom nometprenoms nomsetprenoms nomprenom"
    " nomprenoms beneficiaire nomdubeneficiaire beneficiary beneficiaryname payee payeename employe"
    " employee",
    "reference": "reference ref matricule employeeid payrollid idemploye votrereference",
    "description": "motif description libelle objet reason label details",
    "country": "pays country countrycode codepays",
    "operator": "operateur operator reseau network operateurmobile",
    "currency": "devise currency monnaie",
}
_FIELD_OF = {heading: field for field, headings in HEADINGS.items() for heading in headings.split()}


def recognised(cells: Sequence[Cell]) -> list[str]:
    """The field each heading names, "" for one that names none."""
    return [_FIELD_OF.get(plain_word(cell), "") if isinstance(cell, str) else "" for cell in cells]


def is_heading(cells: Sequence[Cell]) -> bool:
    """Whether this row names what each line needs."""
    return set(NEEDED) <= set(recognised(cells))


def read_columns(cells: Sequence[Cell], *, row: int) -> dict[int, str]:
    """The field of each column that has one. Raises FileRefused: two columns for one field."""
    columns: dict[int, str] = {}
    for index, name in enumerate(recognised(cells)):
        if not name:
            continue
        if name in columns.values():
            first = next(place for place, one in columns.items() if one == name)
            raise FileRefused(
                "column_twice",
                column=name,
                cells=f"{column_letters(first)}{row}, {column_letters(index)}{row}",
            )
        columns[index] = name
    return columns


def plain_word(text: str) -> str:
    """Letters and digits alone, small and without accents: "N° de téléphone" is "ndetelephone"."""
    parts = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in parts if letter.isascii() and letter.isalnum())
