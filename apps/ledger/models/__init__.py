"""The books: accounts, transfers between them, and what follows from these."""

from apps.ledger.models.balances import Balance as Balance
from apps.ledger.models.balances import BalanceSnapshot as BalanceSnapshot
from apps.ledger.models.corrections import Correction as Correction
from apps.ledger.models.pending import DayRelease as DayRelease
from apps.ledger.models.pending import PendingAmount as PendingAmount
from apps.ledger.models.pending import Release as Release
from apps.ledger.models.pending import ReservedAmount as ReservedAmount
from apps.ledger.models.pending import ReserveRelease as ReserveRelease
from apps.ledger.models.transfers import Account as Account
from apps.ledger.models.transfers import AccountKind as AccountKind
from apps.ledger.models.transfers import TransactionIdField as TransactionIdField
from apps.ledger.models.transfers import Transfer as Transfer
from apps.ledger.models.transfers import TransferKind as TransferKind
