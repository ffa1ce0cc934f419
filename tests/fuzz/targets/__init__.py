"""Targets of fuzzing, a module for each kind of door; all are found by being here."""
