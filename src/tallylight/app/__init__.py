"""The composition root: processes, web, command line and the flows that cross rooms."""
