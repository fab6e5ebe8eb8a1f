"""Channels, chat, moderation, reactions, live delivery.

Invariants: snapshot + events = a fresh fetch; a reader that was away catches up by (epoch, offset) with no gap; a slow
reader is dropped, never waited for.
"""
