"""From a class map to a string: the trellis, the recursion over it, and the decoders.

Input is plain arrays of log-probabilities, (T, C) with no-digit as the last class; no net is involved.
"""
