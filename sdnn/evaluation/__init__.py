"""How well labelled strips are read."""
