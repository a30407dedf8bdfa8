"""Benchmarks of every feature, run as `inkling bench …`; each prints its protocol, seed and intervals."""
