from apps.day_reports.models.merchant_days import DayCycle as DayCycle
from apps.day_reports.models.merchant_days import MerchantDay as MerchantDay
from apps.day_reports.models.subscriptions import ReportSending as ReportSending
from apps.day_reports.models.subscriptions import ReportSubscription as ReportSubscription
from apps.day_reports.models.subscriptions import SendingStatus as SendingStatus
from apps.day_reports.models.subscriptions import Way as Way
