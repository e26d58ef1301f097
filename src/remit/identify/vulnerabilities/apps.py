from django.apps import AppConfig


class VulnerabilitiesConfig(AppConfig):
    name = "remit.identify.vulnerabilities"
    label = "vulnerabilities"
