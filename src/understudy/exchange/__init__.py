"""One client request, bytes to bytes: the machine that ties dialects and routing together. Pure."""
