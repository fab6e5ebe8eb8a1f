"""Who may do what: an owner everything in their shop, others what their roles name."""

import hmac
from uuid import UUID

from tallylight.foundation.errors import ForbiddenError, NotFoundError
from tallylight.members.errors import CsrfError
from tallylight.members.types import Role, Staff

_STAFF: tuple[Role, ...] = ("producer", "compliance", "finance")
"""Who works behind the show. A host, who may be a creator from outside, sees only what names that role."""


def roles_in(staff: Staff, shop_id: UUID) -> list[Role]:
    """The person's roles in the shop; empty for someone else's shop."""
    return next((one.roles for one in staff.memberships if one.shop.id == shop_id), [])


def require_role(staff: Staff, shop_id: UUID, *roles: Role) -> None:
    """Pass an owner, or anyone with one of ``roles`` (none named: anyone but a host) in this shop.

    NotFoundError for a shop that is not theirs at all, since they must not learn that it exists; ForbiddenError
    for their own shop without the role.
    """
    held = roles_in(staff, shop_id)
    if not held:
        raise NotFoundError("there is nothing of that name here")
    wanted = roles or _STAFF
    if "owner" not in held and not set(held) & set(wanted):
        raise ForbiddenError(f"this needs the role {' or '.join(wanted)}; ask an owner of the shop")


def shops_behind(staff: Staff) -> set[UUID]:
    """The shops in which the person works behind the show. ForbiddenError for a host, who does in none."""
    found: set[UUID] = {one.shop.id for one in staff.memberships if set(one.roles) & {"owner", *_STAFF}}
    if not found:
        raise ForbiddenError("this is for people who work behind a show; ask an owner of the shop")
    return found


def require_csrf(staff: Staff, token: str | None) -> None:
    """CsrfError unless ``token`` is the session's, compared in constant time."""
    if token is None or not hmac.compare_digest(token.encode(), staff.csrf_token.encode()):
        raise CsrfError("send the header X-CSRF-Token with the token from /api/me")
