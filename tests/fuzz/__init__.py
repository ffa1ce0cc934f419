"""Fuzzing of every door of the package; README.md tells how."""
