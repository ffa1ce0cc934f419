"""Digits, and strips made of them: everything that training and evaluation draw from."""
