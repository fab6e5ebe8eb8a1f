"""What aired, sent on to other platforms by RTMP or RTMPS: one connection a destination, all on the event loop.

Invariants
- Only what the gate released comes here: a destination gets the bleep, the slate and the silence that viewers get.
- A destination that refuses, stalls, answers nonsense or is not there costs that destination alone: its queue is
  bounded, and when it is full everything up to the next keyframe is dropped and counted.
- A destination's key is sealed at rest, and in no log, event or error.
"""
