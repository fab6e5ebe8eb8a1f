"""Released segments in an S3-compatible store, for viewers behind a CDN.

Only what the packager has released comes here. A segment is in the store before a playlist there names it; a store
that is slow or away costs its own viewers segments, marked as gaps, and nothing else anything.
"""
