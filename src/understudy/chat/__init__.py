"""What a conversation with a model means, in nobody's dialect: requests, events, usage, failures,
losses.
"""
