"""Parts of `make reproduce`: the experiments beside the 1992 paper, and the data and nets they share."""
