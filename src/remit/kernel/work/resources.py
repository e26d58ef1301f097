"""How work is listed, edited and found."""

from remit.kernel.resources import Resource, register
from remit.kernel.work.models import Work

register(
    Resource(
        Work,
        "work",
        columns=("ref", "title", "type", "state", "due_on", "owner", "asked_by", "unit"),
        fields=("title", "type", "detail", "due_on", "owner"),
        facts=("type", "due_on", "asked_by", "reason", "answered_at", "detail"),
        filters=("state", "type", "due_on", "owner", "asked_by", "unit"),
        search=("title", "detail"),
        bulk=("owner", "due_on"),
        icon="list-checks",
        empty="Nobody owes anything here. Ask for something from any record, or add a task.",
    ),
)
