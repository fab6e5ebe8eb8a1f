"""E-mail to buyers, to funders who are asked at a cap, and to a shop's own people: written as plain text and HTML from
the same figures, sent by SMTP from a job.

Invariants: an order's receipt and each refund's notice are sent once (a crash between the server's yes and our note may
repeat one, with the same Message-ID); a shopper's link that was asked for is sent until the server takes it, each try
with a link of its own; a question at a cap is sent once to each who decides about it; no address and no link is ever
logged.
"""
