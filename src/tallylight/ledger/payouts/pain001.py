"""A batch as ISO 20022 customer credit transfer initiation, pain.001.001.09. Pure.

Euro between IBANs goes as SEPA credit transfer (EPC132-08: service level SEPA, charges shared by service level); all
else as a plain credit transfer with shared charges. Text is brought into the character set that every bank takes.
"""

import re
from xml.etree import ElementTree as ET

from anyascii import anyascii

from tallylight.foundation.clock import to_datetime
from tallylight.foundation.money import Money
from tallylight.ledger.payouts.bank_accounts import BankAccount
from tallylight.ledger.payouts.read import PayoutBatch, PayoutLine

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")


def pain001(batch: PayoutBatch) -> bytes:
    """The file's bytes, UTF-8. The same batch gives the same bytes, so that a bank sees a repeat by its message id."""
    root = ET.Element("Document", xmlns=NAMESPACE)
    whole = ET.SubElement(root, "CstmrCdtTrfInitn")
    head = ET.SubElement(whole, "GrpHdr")
    _text(head, "MsgId", batch.id.hex)
    _text(head, "CreDtTm", to_datetime(batch.made_us).strftime("%Y-%m-%dT%H:%M:%S") + "Z")
    _totals(head, batch)
    _text(ET.SubElement(head, "InitgPty"), "Nm", plain(batch.debtor.holder, 70))
    sepa = _is_sepa(batch)
    info = ET.SubElement(whole, "PmtInf")
    _text(info, "PmtInfId", f"PAYOUT-{batch.number}")
    _text(info, "PmtMtd", "TRF")
    _text(info, "BtchBookg", "true")
    _totals(info, batch)
    if sepa:
        _text(ET.SubElement(ET.SubElement(info, "PmtTpInf"), "SvcLvl"), "Cd", "SEPA")
    _text(ET.SubElement(info, "ReqdExctnDt"), "Dt", batch.pay_on.isoformat())
    _text(ET.SubElement(info, "Dbtr"), "Nm", plain(batch.debtor.holder, 70))
    _account(info, "DbtrAcct", batch.debtor)
    _agent(info, "DbtrAgt", batch.debtor)
    _text(info, "ChrgBr", "SLEV" if sepa else "SHAR")
    for line in batch.payouts:
        _transfer(info, line)
    made: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def plain(text: str, most: int) -> str:
    """``text`` in the character set of EPC217-08, at most ``most`` long, never empty."""
    kept = " ".join(_NOT_ALLOWED.sub(" ", anyascii(text)).split())
    # No field begins or ends with a slash, nor has two in a row.
    kept = re.sub("/+", "/", kept)[:most].strip("/ ")
    return kept or "NOTPROVIDED"


def _is_sepa(batch: PayoutBatch) -> bool:
    accounts = [batch.debtor, *(line.account for line in batch.payouts)]
    return batch.total.currency == "EUR" and all(account.iban for account in accounts)


def _totals(parent: ET.Element, batch: PayoutBatch) -> None:
    _text(parent, "NbOfTxs", str(len(batch.payouts)))
    _text(parent, "CtrlSum", batch.total.decimal())


def _transfer(parent: ET.Element, line: PayoutLine) -> None:
    made = ET.SubElement(parent, "CdtTrfTxInf")
    _text(ET.SubElement(made, "PmtId"), "EndToEndId", line.reference)
    _amount(ET.SubElement(made, "Amt"), line.amount)
    _agent(made, "CdtrAgt", line.account)
    _text(ET.SubElement(made, "Cdtr"), "Nm", plain(line.account.holder, 70))
    _account(made, "CdtrAcct", line.account)
    said = f"Statement {line.statement_number} of {line.party_name}"
    _text(ET.SubElement(made, "RmtInf"), "Ustrd", plain(said, 140))


def _amount(parent: ET.Element, money: Money) -> None:
    ET.SubElement(parent, "InstdAmt", Ccy=money.currency).text = money.decimal()


def _account(parent: ET.Element, tag: str, account: BankAccount) -> None:
    name = ET.SubElement(ET.SubElement(parent, tag), "Id")
    if account.iban is not None:
        _text(name, "IBAN", account.iban)
    else:
        _text(ET.SubElement(name, "Othr"), "Id", account.account_number or "")


def _agent(parent: ET.Element, tag: str, account: BankAccount) -> None:
    bank = ET.SubElement(ET.SubElement(parent, tag), "FinInstnId")
    if account.bic is not None:
        _text(bank, "BICFI", account.bic)
    elif account.routing_number is not None:
        member = ET.SubElement(bank, "ClrSysMmbId")
        _text(ET.SubElement(member, "ClrSysId"), "Cd", "USABA")
        _text(member, "MmbId", account.routing_number)
    else:
        _text(ET.SubElement(bank, "Othr"), "Id", "NOTPROVIDED")


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text
