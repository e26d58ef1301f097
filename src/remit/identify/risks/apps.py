from django.apps import AppConfig


class RisksConfig(AppConfig):
    name = "remit.identify.risks"
    label = "risks"
