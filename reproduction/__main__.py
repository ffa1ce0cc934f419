"""`python -m reproduction`."""

import sys

from reproduction.runner import main

if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted; the same command goes on where it was")
