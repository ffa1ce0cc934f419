"""Trainings and readings of the experiments: a record for each."""
