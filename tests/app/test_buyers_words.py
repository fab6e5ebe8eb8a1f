"""Whatever a quote or an order can be refused with, the player has words for: the lists of both sides are one.

``web/src/viewer/buyer_codes.json`` is what the player's own test holds its words to. Here it is held to the errors
of the rooms that a quote or an order passes through.
"""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/tallylight"
ON_THE_WAY = ("foundation", "catalogue", "deals", "checkout", "app/web")
"""Rooms whose code a buyer's quote or order runs."""
NOT_A_BUYERS = {
    "error": "the base of all: nobody raises it",
    "forbidden": "staff",
    "unauthenticated": "staff, and shoppers' accounts",
    "bad_host": "a browser sends its own Host header",
    "wrong_content_type": "the player sends JSON",
    "not_on_air": "the control room",
    "code_taken": "deals, as they are made",
    "deal_state": "deals, as they are changed",
    "deal_overlap": "deals, as they are made",
    "funding_not_accepted": "deals, as they are opened",
    "not_funded": "deals, as they are opened",
    "reference_price_not_genuine": "deals, as they are announced",
    "plan_changed": "the planner",
    "ambiguous_tax_rate": "the office",
    "tax_service_away": "kept as the answer's problem by app.flows.ask_places",
    "tax_service_refused": "kept as the answer's problem by app.flows.ask_places",
    "carrier_away": "kept as the answer's problem by app.flows.ask_places",
    "carrier_refused": "kept as the answer's problem by app.flows.ask_places",
}
STATUSES = {
    "NotFoundError": 404, "InvalidInputError": 422, "ConflictError": 409, "ForbiddenError": 403,
    "UnauthenticatedError": 401, "TooManyRequestsError": 429, "UnavailableError": 503, "TallyError": 400,
}  # fmt: skip


def errors() -> Iterator[tuple[str, int]]:
    """Code and status of every error class of the rooms on the way."""
    for room in ON_THE_WAY:
        for file in sorted((SOURCE / room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.ClassDef):
                    values = dict(_constants(node))
                    if "code" in values:
                        base = next((each.id for each in node.bases if isinstance(each, ast.Name)), "")
                        yield str(values["code"]), int(values.get("status", STATUSES.get(base, 400)))


def _constants(node: ast.ClassDef) -> Iterator[tuple[str, str | int]]:
    for each in node.body:
        if not isinstance(each, ast.Assign | ast.AnnAssign):
            continue
        target = each.target if isinstance(each, ast.AnnAssign) else each.targets[0]
        if isinstance(target, ast.Name) and isinstance(each.value, ast.Constant):
            value = each.value.value
            if isinstance(value, str | int):
                yield target.id, value


def test_the_player_has_words_for_every_refusal_that_a_buyer_can_meet() -> None:
    found = dict(errors()) | {"internal": 500}
    assert found.keys() >= NOT_A_BUYERS.keys(), "what is gone needs no reason any more"
    met = {code: status for code, status in found.items() if code not in NOT_A_BUYERS}
    known = json.loads((ROOT / "web/src/viewer/buyer_codes.json").read_text())
    assert known == met, "give it words in web/src/viewer/refusals.ts, or say above why no buyer meets it"
