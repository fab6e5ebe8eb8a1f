"""Streams that the server fetches itself, or waits for with another program's help: pulled from an address, or SRT.

A program of its own takes each source in and writes it to us as FLV, so a fault in a demuxer ends that program and
no show. What comes out is what an encoder sends by RTMP: nothing behind knows the difference.
"""
