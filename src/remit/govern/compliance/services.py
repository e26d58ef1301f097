"""A control's reliability follows its tests."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from remit.govern.compliance import rules
from remit.govern.compliance.models import Control, ControlTest
from remit.kernel import actor


def tests_of(control: Control) -> list[rules.Test]:
    """Return the tests of a control as its rule wants them."""
    return [rules.Test(*row) for row in control.tests.values_list("result", "sample_size", "failures")]


@receiver((post_save, post_delete), sender=ControlTest, dispatch_uid="compliance.reliability")
def follow_tests(instance: ControlTest, **_: Any) -> None:
    """Learn anew from all tests, as the system: whoever tests a control need not be able to change it."""
    with actor.system("its tests changed"):
        control = Control.objects.filter(pk=instance.control_id).first()
        if control is None:
            return
        found = rules.reliability(tests_of(control))
        newest = control.tests.order_by("-tested_on").values_list("tested_on", flat=True).first()
        control.reliability = round(found.mean, 4) if found.tests else None
        control.tests_counted, control.tested_on = found.tests, newest
        control.save(update_fields=["reliability", "tests_counted", "tested_on"])
