"""What can go wrong at this room's door."""

from tallylight.foundation.errors import ConflictError, ForbiddenError, UnauthenticatedError


class WrongPasswordError(UnauthenticatedError):
    """The e-mail is unknown or the password is wrong: which of the two is not said."""

    code = "wrong_password"


class LinkSpentError(UnauthenticatedError):
    """The sign-in link is unknown, expired or was used before."""

    code = "link_spent"


class CsrfError(ForbiddenError):
    """A state-changing staff call came without the session's CSRF token."""

    code = "csrf"


class TakenError(ConflictError):
    """Another shop or person already has this name."""

    code = "taken"


class LastOwnerError(ConflictError):
    """The shop would be left without an owner."""

    code = "last_owner"


class OwnAccountError(ConflictError):
    """An owner would shut themselves out."""

    code = "own_account"
