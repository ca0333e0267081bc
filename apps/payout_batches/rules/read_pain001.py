"""ISO 20022 pain.001, versions .03 and .09: a company's credit transfers, as banks' software
writes them. Source: the messages' schemas; the payee's wallet is told by its number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import IO, Any

from apps.core.tables.cells import LINES_MAX, Cell, FileRefused
from apps.core.tables.safe_xml import parts
from apps.payout_batches.rules.debtor import Debtor
from apps.payout_batches.rules.raw_line import Problem, RawLine

VERSIONS = ("03", "09")
_NAMESPACES = {
    f"urn:iso:std:iso:20022:tech:xsd:pain.001.001.{version}": version for version in VERSIONS
}
# As the schemas have it; Decimal reads more, such as 1_000 and sNaN.
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
# As the schemas have it: a day, with its zone or not, or an instant. date also reads weeks.
_ZONE = "(?:Z|[+-][0-9]{2}:[0-9]{2})?"
_DAY = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})(?:T[0-9:.]+)?{_ZONE}")
# A message has one, and the company that sent it; of more there is no need to know.
DEBTORS_MAX = 20
_NOT_PROVIDED = "NOTPROVIDED"


class Pain001List:
    """A list of payees as pain.001. Raises FileRefused, also while its lines are read: the control
    sums are known at its end."""

    source = "pain001"

    def __init__(self, file: IO[bytes], *, currency: str) -> None:
        self._file = file
        self._currency = currency
        self.warnings: list[dict[str, Any]] = []
        self.debtors: Sequence[Debtor] = ()
        self.execution_day: date | None = None

    def lines(self) -> Iterator[RawLine]:
        self._file.seek(0)
        namespaces = list(_NAMESPACES)
        tags = {
            f"{{{one}}}{name}"
            for one in namespaces
            for name in (
                "Document",
                "GrpHdr",
                "PmtInf",
                "CdtTrfTxInf",
                "NbOfTxs",
                "CtrlSum",
                "PmtMtd",
                "ReqdExctnDt",
                "InitgPty",
                "Dbtr",
            )
        }
        self.debtors, self.execution_day = (), None
        is_known, group, payment = False, _Control("GrpHdr"), _Control("PmtInf")
        number, has_header = 0, False
        for event, element in parts(self._file, tags, starts=True):
            name = _local(element)
            if name == "Document":
                is_known = True
                continue
            if not is_known:
                raise FileRefused("pain001_version", versions=", ".join(VERSIONS))
            if name == "PmtInf":
                if event == "start":
                    payment = _Control("PmtInf")
                else:
                    payment.check()
                continue
            if event == "start":
                continue
            parent = _local(element.getparent()) if element.getparent() is not None else ""
            if name in ("NbOfTxs", "CtrlSum") and parent in ("GrpHdr", "PmtInf"):
                (group if parent == "GrpHdr" else payment).note(name, _text(element))
                has_header = has_header or (parent == "GrpHdr" and name == "NbOfTxs")
            elif name == "PmtMtd" and _text(element) != "TRF":
                raise FileRefused("pain001_method", method=_text(element)[:20])
            elif name == "ReqdExctnDt":
                self._note_day(_text(element))
            elif name in ("InitgPty", "Dbtr"):
                self._note(element)
            elif name == "CdtTrfTxInf":
                number += 1
                if number > LINES_MAX:
                    raise FileRefused("too_many_lines", most=LINES_MAX)
                line, amount = self._line(element, number)
                group.add(amount)
                payment.add(amount)
                yield line
        if not is_known:
            raise FileRefused("pain001_version", versions=", ".join(VERSIONS))
        if not has_header:
            raise FileRefused("pain001_header")
        group.check()

    def _note_day(self, text: str) -> None:
        # Version .09 may say an instant: of it the day counts, as in a bank.
        found = _DAY.fullmatch(text)
        try:
            day = date.fromisoformat(found[1] if found else "")
        except ValueError:
            raise FileRefused("execution_day_unreadable", said=text[:20]) from None
        if self.execution_day not in (None, day):
            raise FileRefused("execution_days_differ", days=f"{self.execution_day}, {day}")
        self.execution_day = day

    def _note(self, party: Any) -> None:
        ids = [
            *party.findall("{*}Id/{*}OrgId/{*}Othr/{*}Id"),
            *party.findall("{*}Id/{*}PrvtId/{*}Othr/{*}Id"),
        ]
        said = Debtor(_found(party, "{*}Nm"), tuple(_text(one) for one in ids))
        if said not in self.debtors and len(self.debtors) < DEBTORS_MAX:
            self.debtors = (*self.debtors, said)

    def _line(self, transfer: Any, number: int) -> tuple[RawLine, Decimal]:
        amount = transfer.find("{*}Amt/{*}InstdAmt")
        if amount is None:
            raise FileRefused("pain001_amount", number=number)
        if amount.get("Ccy") != self._currency:
            raise FileRefused(
                "currency_mixed",
                number=number,
                currency=self._currency,
                found=(amount.get("Ccy") or "")[:3],
            )
        value = _decimal(_text(amount))
        if value is None or abs(value.adjusted()) > 18:
            raise FileRefused("pain001_amount", number=number)
        account = _found(transfer, "{*}CdtrAcct/{*}Id/{*}Othr/{*}Id")
        mobile = _found(transfer, "{*}Cdtr/{*}CtctDtls/{*}MobNb")
        reference = _found(transfer, "{*}PmtId/{*}EndToEndId")
        place = f"CdtTrfTxInf[{number}]"
        where = {
            "amount": f"{place}/Amt/InstdAmt",
            "phone": f"{place}/CdtrAcct"
            if account or not mobile
            else f"{place}/Cdtr/CtctDtls/MobNb",
            "name": f"{place}/Cdtr/Nm",
            "reference": f"{place}/PmtId/EndToEndId",
            "description": f"{place}/RmtInf/Ustrd",
        }
        problems: list[Problem] = []
        if _found(transfer, "{*}CdtrAcct/{*}Id/{*}IBAN"):
            problems.append(_problem("account_is_iban", where["phone"]))
        phone = account or mobile
        if account and mobile and _digits(account) != _digits(mobile):
            # Both are kept, so that no later reading takes one of them for the payee's.
            phone = f"{account} / {mobile}"
            problems.append(_problem("phone_ambiguous", where["phone"]))
        cells: dict[str, Cell] = {
            "amount": value,
            "phone": phone,
            "name": _found(transfer, "{*}Cdtr/{*}Nm"),
            "reference": "" if reference == _NOT_PROVIDED else reference,
            "description": " ".join(
                _text(one) for one in transfer.findall("{*}RmtInf/{*}Ustrd") if _text(one)
            ),
        }
        return RawLine(number, cells, where, tuple(problems)), value


class _Control:
    """What a part of the message says of itself, beside what it holds."""

    def __init__(self, part: str) -> None:
        self.part = part
        self.count, self.total = 0, Decimal(0)
        self.said: dict[str, str] = {}

    def note(self, name: str, text: str) -> None:
        self.said[name] = text

    def add(self, amount: Decimal) -> None:
        self.count += 1
        self.total += amount

    def check(self) -> None:
        said = {name: _decimal(text) for name, text in self.said.items()}
        if None in said.values():
            raise FileRefused("control_unreadable", part=self.part)
        if said.get("NbOfTxs", self.count) != self.count:
            raise FileRefused(
                "count_differs", part=self.part, said=self.said["NbOfTxs"][:20], found=self.count
            )
        if said.get("CtrlSum", self.total) != self.total:
            raise FileRefused(
                "control_sum_differs",
                part=self.part,
                said=self.said["CtrlSum"][:20],
                found=str(self.total),
            )


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: Any) -> str:
    return "".join(element.itertext()).strip()


def _found(element: Any, path: str) -> str:
    found = element.find(path)
    return "" if found is None else _text(found)


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdecimal()).lstrip("0")


def _problem(code: str, where: str) -> Problem:
    return {"code": code, "column": "phone", "values": {"cell": where}}
