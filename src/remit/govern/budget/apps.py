from django.apps import AppConfig


class BudgetConfig(AppConfig):
    name = "remit.govern.budget"
    label = "budget"
