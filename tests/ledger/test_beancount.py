"""The books as beancount reads them: a second opinion on whether they balance."""

from pathlib import Path

from tallylight.ledger import LineReversal
from tallylight.ledger.beancount import beancount_lines
from tests.conftest import Runner
from tests.ledger.closing import END_US, check, close, name_accounts, pay
from tests.ledger.test_charges import DAY_US, charged_scene, refund


def test_the_books_balance_in_beancount_and_a_wrong_cent_does_not(run: Runner, tmp_path: Path) -> None:
    async def go() -> str:
        scene, order_id = await charged_scene(run)
        await refund(run, order_id, LineReversal(1, 2499, 800))
        await close(run, scene)
        await name_accounts(run, scene, "bank", "brand", "creator")
        await pay(run, scene)
        async with run.database.transaction() as connection:
            return "\n".join([line async for line in beancount_lines(connection, scene.shop_id, to_us=END_US + DAY_US)])

    text = run(go()) + "\n"
    assert check(tmp_path / "books.beancount", text) == ""
    assert text.count(" balance ") == text.count(" open ") > 15
    # A cent that wandered between two accounts of a transfer leaves the transfer balanced: the assertions see it.
    wandered = text.replace("  -61.98 USD", "  -61.99 USD", 1).replace("  -4.95 USD", "  -4.94 USD", 1)
    assert "Balance failed" in check(tmp_path / "wandered.beancount", wandered)
    assert "does not balance" in check(tmp_path / "off.beancount", text.replace("  -61.98 USD", "  -61.97 USD", 1))
