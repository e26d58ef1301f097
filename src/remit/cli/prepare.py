"""What `remit up` does in a process of its own before it serves: migrations, the sample, the first sign-in link.

The process ends when this is done, so that what it loaded does not stay in memory. It tells people on stderr and the
caller on stdout: `{"migrations": 3, "link": "http://…" or null}`.
"""

import argparse
import json
import sys

from . import report
from .django_setup import become, django_setup
from .lifeline import add_lifeline, end_with
from .migrations import migrate_if_needed
from .output import say


def prepare(*, sample: bool, base_url: str) -> dict[str, object]:
    """Migrate as the owner, then do the rest as the application."""
    django_setup("owner")
    migrations = migrate_if_needed()
    become("app")
    if sample:
        _load_sample()
    from remit.kernel.access.services import first_link  # noqa: PLC0415 - Django is ready only now

    return {"migrations": migrations, "link": first_link(base_url.rstrip("/"))}


def _load_sample() -> None:
    from .sample import is_empty, load_sample  # noqa: PLC0415

    if is_empty():
        say("Loading the sample organisation …")
        load_sample()


def main() -> int:
    """Prepare, or say why not."""
    parser = argparse.ArgumentParser(prog="python -m remit.cli.prepare", description=__doc__)
    parser.add_argument("--sample", action="store_true")
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--traceback", action="store_true")
    add_lifeline(parser)
    arguments = parser.parse_args()
    end_with(arguments.end_with)
    try:
        result = prepare(sample=arguments.sample, base_url=arguments.base_url)
    except Exception as error:
        if arguments.traceback:
            raise
        return report(error)
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
