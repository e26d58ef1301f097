from django.apps import AppConfig


class HomeConfig(AppConfig):
    name = "remit.overview.home"
    label = "home"
