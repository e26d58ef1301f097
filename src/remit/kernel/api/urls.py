"""The addresses of the API, for `include`."""

from django.urls import path

from remit.kernel.api.building import api

urlpatterns = [path("", api().urls)]
