"""The study of the 1992 system: its net, its training, and ten experiments; `make reproduce` runs them."""
