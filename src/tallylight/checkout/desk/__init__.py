"""The desk of one shop: one task, one lease, one batch at a time.

Invariants: only the holder of the lease commits, and each batch proves it by the epoch row that it locks; what is in
memory is what the database held at the version that the same lock guards; an answer leaves after its commit.
"""
