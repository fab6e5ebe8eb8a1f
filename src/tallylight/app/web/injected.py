"""What endpoints ask for by name: ``services: Wired`` and ``staff: SignedIn``."""

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency

from tallylight.app.services import Services
from tallylight.members.types import Staff

WebRequest = Request[None, None, State]
Wired = NamedDependency[Services]
SignedIn = NamedDependency[Staff]
