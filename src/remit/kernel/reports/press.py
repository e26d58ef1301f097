"""The process that draws a PDF: started by `paper`, as a script, with the report as JSON on its standard input.

It gives up time, memory, writing and the network before it draws: a report that asks for too much ends this process and
nothing else.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any, Final

ADDRESS_SPACE: Final = 2 * 1024**3
CPU_SECONDS: Final = 20
_DENIED: Final = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system")


def main() -> int:
    """Writes the PDF to standard output; the one argument is the template."""
    import typst  # noqa: PLC0415  (before the limits, which its loading does not need)

    asked = json.loads(sys.stdin.buffer.read())
    template = Path(sys.argv[1]).read_bytes()
    _confine()
    try:
        drawn = _drawn(typst, template, asked, "ua-1")
    except typst.TypstError as error:
        if "PDF/UA" not in str(error):
            raise
        drawn = _drawn(typst, template, asked, "1.7")  # a letter that no font holds: tagged, but with no claim to be UA
    sys.stdout.buffer.write(drawn)
    return 0


def _drawn(typst: Any, template: bytes, asked: dict[str, Any], standard: str) -> bytes:
    content: bytes = typst.compile(
        template,
        root=str(Path(sys.argv[1]).parent),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": asked["data"]},
        pdf_standards=[standard],
        timestamp=asked["at"],
        package_path="/nonexistent",
        package_cache_path="/nonexistent",
    )
    return content


def _confine() -> None:
    for kind, most in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        lowest = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (lowest, lowest))
    sys.addaudithook(_deny)


def _deny(event: str, _: tuple[Any, ...]) -> None:
    if event.startswith(_DENIED):
        raise PermissionError(f"drawing a report has no use for {event}")


if __name__ == "__main__":
    sys.exit(main())
