"""The one way a file is refused."""


class ImportRejected(Exception):  # noqa: N818  (it is an answer to the person who sent the file, not a fault)
    """A file that cannot be taken in: nothing of it is stored.

    `code` is stable and meant for programs ("xml-entity", "too-large"), `where` names the place in the file
    ("line 12", "runs[0].results[3].rank", "byte 4096"), `hint` says in one sentence what the sender can do.
    """

    def __init__(self, code: str, where: str, hint: str) -> None:
        super().__init__(code, where, hint)
        self.code, self.where, self.hint = code, where, hint

    def __str__(self) -> str:
        return f"{self.hint} ({self.code}, {self.where})"
