"""Review: people answer what rejected and doubtful strings say, and labels come of it."""
