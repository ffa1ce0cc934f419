"""`python -m sdnn` is `sdnn`."""

from sdnn.cli import main

main()
