"""What the records of `reproduce.py` say: tables and plots of the experiments."""
