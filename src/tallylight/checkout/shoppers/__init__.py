"""Shoppers' accounts: signed in by a link in an e-mail, no password; a guest buys just as well.

An account is one e-mail address at one shop. Invariants: only a hash of a link and of a session is kept; a link opens
one session and no more; what is answered to somebody who asks for a link is the same whether the address is known or
not; orders are joined to an account only by an address that its owner has proven to read.
"""
