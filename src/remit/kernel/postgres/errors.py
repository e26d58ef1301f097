"""The one error of the embedded database."""


class PostgresError(Exception):
    """The database cannot be used.

    Attributes:
        message: what is wrong, naming the folder or the setting.
        hint: what to do about it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.message = message
        self.hint = hint
