"""Everything that touches student code: the processes it runs in, what they may do, and the wire to
them.
"""
