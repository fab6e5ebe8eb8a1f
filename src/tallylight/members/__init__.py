"""Shops and the people who run them: roles, sign-in, sessions, stream keys.

Invariants: a secret (password, one-time link, session, stream key) is stored only as a hash and compared in
constant time; a wrong one and an unknown one look alike from outside.
"""
