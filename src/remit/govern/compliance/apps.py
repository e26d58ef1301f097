from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    name = "remit.govern.compliance"
    label = "compliance"
