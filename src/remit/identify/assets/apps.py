from django.apps import AppConfig


class AssetsConfig(AppConfig):
    name = "remit.identify.assets"
    label = "assets"
