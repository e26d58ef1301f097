"""Where areas leave the operations that only they have, until the API is built."""

from ninja import Router

_routers: dict[str, Router] = {}


def api_router(path: str, router: Router) -> None:
    """Add a router under /api/<path>. ValueError where another one has that path already."""
    path = path.strip("/")
    if _routers.setdefault(path, router) is not router:
        raise ValueError(f"The API has a router at {path!r} already.")


def routers() -> dict[str, Router]:
    """Return the routers that areas have added, by path."""
    return dict(_routers)
