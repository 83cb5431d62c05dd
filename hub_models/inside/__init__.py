"""What happens inside a network, one idea a file: computation only, answered in frozen records.

Every function takes a network (evaluation mode, float32) and one preprocessed picture (1, C, H, W). The
network given is shared between threads and never touched: `trace.twin` makes a private copy that shares
the weights, and hooks and flags are set on that copy only.
"""
