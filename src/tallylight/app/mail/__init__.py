"""E-mail to buyers: written as plain text and HTML from the same figures, sent by SMTP from a job.

Invariants: an order's receipt and each refund's notice are sent once (a crash between the server's yes and our note may
repeat one, with the same Message-ID); a shopper's link that was asked for is sent until the server takes it, each try
with a link of its own; no address and no link is ever logged.
"""
