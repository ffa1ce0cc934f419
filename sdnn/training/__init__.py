"""Training of the reader and the detector. It imports torch; reading never imports it."""

import os

# The process that makes the batches shares the cores with torch, whose threads spin while they wait, by
# default, and take its time. The variable has to be set before torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
