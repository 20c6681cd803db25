"""Benchmarks: Understudy beside nginx in one run, CPU by the kernel's own accounting."""
