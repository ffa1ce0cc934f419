"""Training: digits first. Imports torch; reading never comes here."""

import os

# The synthesis thread shares the cores with torch's. Threads that wait for each other by spinning, which is
# the default, keep it from its work, most of all on a busy machine. Has to be said before torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
