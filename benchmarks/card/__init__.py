"""The model card: what is measured for it, and the text that it makes."""
