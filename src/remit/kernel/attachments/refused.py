"""The one way a file, a comment or a tie is refused."""

from __future__ import annotations

from django.core.exceptions import ValidationError


class AttachmentRefusedError(ValidationError):
    """Nothing was kept. `code` is stable ("too-large"), `where` names the place, `hint` says what the sender can do."""

    def __init__(self, code: str, where: str, hint: str) -> None:
        super().__init__(f"{hint} ({code}, {where})", code=code)
        self.where, self.hint = where, hint

    def __str__(self) -> str:
        return str(self.message)
