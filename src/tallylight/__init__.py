"""Tallylight: live shopping that a brand's legal and finance teams will sign off.

The rooms, lowest floor first; a room imports only from floors below its own (import-linter holds this):

foundation | members, catalogue, ledger, media, speech | compliance | shows, deals | checkout | audience | app
"""
