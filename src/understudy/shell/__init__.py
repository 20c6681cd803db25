"""The only package that waits: sockets, signals, threads and clocks around the pure core."""
