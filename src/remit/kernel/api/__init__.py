"""The REST API: the same operations for every record type, made from the registry; areas add those only they have.

An area that has more to offer does so in its `pages.py` (or wherever it is imported at start-up):

    from ninja import Router
    from remit.kernel.api import api_router

    router = Router(tags=["Imports"])

    @router.post("", response={201: ImportOut}, operation_id="imports_upload")
    def upload(request, file: File[UploadedFile]): ...

    api_router("imports", router)

Where the path is that of a record type, its generic operations join the given router.
"""

from remit.kernel.api.hooks import api_router

__all__ = ("api_router",)
