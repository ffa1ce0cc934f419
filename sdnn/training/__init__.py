"""Training: digits, then strings. Imports torch; reading never comes here."""

import os

# The process that makes the batches shares the cores with torch. Threads that wait for each other by
# spinning, which is the default, keep it from its work, most of all on a busy machine. Has to be said before
# torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
