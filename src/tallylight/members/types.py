"""Values of the members room."""

from typing import Literal

import msgspec

from tallylight.foundation.ids import PersonId, ShopId

Role = Literal["owner", "producer", "compliance", "finance", "host"]


class Shop(msgspec.Struct, frozen=True):
    """A seller. ``accent``: CSS colour ``#rrggbb``; ``currency``: ISO 4217."""

    id: ShopId
    slug: str
    name: str
    accent: str
    currency: str


class Person(msgspec.Struct, frozen=True):
    """Someone who works for one or more shops."""

    id: PersonId
    name: str
    email: str


class Membership(msgspec.Struct, frozen=True):
    """What a person may do in a shop."""

    shop: Shop
    roles: list[Role]


class Staff(msgspec.Struct, frozen=True):
    """A signed-in person, as every staff call sees them."""

    person: Person
    csrf_token: str
    memberships: list[Membership]
