from django.apps import AppConfig


class IngestConfig(AppConfig):
    name = "remit.ingest"
    label = "ingest"
