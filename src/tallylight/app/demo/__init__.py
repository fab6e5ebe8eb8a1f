"""The demo: a shop of our own invention, its show, and the people in it.

A host made of a recorded voice and a drawn picture is pushed over RTMP as OBS would push it; a producer fires the
run of show's cues and simulated viewers chat and buy, all of them through the public doors that anyone uses.
The assets are made by ``tools/demo``. Nothing in the product imports this package except the command line.
"""
