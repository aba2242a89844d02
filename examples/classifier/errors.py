"""What goes wrong, for those who can mend it: whoever starts the service, and whoever sent the request."""


class ConfigError(Exception):
    """The service cannot start like this; the text says what to change."""


class Refused(Exception):
    """A request whose answer is a status, an error and a hint how to fix it."""

    def __init__(self, status, error, hint, headers=None):
        super().__init__(error)
        self.status = status
        self.error = error
        self.hint = hint
        self.headers = headers or {}
