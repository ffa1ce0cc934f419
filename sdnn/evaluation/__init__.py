"""Evaluation on labelled strips: metrics, calibration, thresholds."""
