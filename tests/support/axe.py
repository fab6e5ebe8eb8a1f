"""axe-core in a page: what it finds serious or critical."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"

# Through evaluate, not a script element: the pages' own policy lets no script of others in.
_RUN = """async () => {
  const result = await axe.run(document, {resultTypes: ["violations"]});
  return result.violations
    .filter((one) => one.impact === "serious" || one.impact === "critical")
    .map((one) => ({rule: one.id, impact: one.impact, nodes: one.nodes.map((node) => node.target.join(" ") + ": " + node.failureSummary)}));
}"""  # noqa: E501


async def serious_violations(page: Page) -> list[dict[str, Any]]:
    """axe's violations of impact serious or critical in the page as it stands."""
    await page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = await page.evaluate(_RUN)
    return found
