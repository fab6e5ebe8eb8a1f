"""What every room stands on: money, ids, clocks, errors, the database, the outbox, settings, logs.

Invariants: imports no other room; money is an integer of minor units with its currency; media and
programme time are integers; nothing here knows what a show or an order is.
"""
