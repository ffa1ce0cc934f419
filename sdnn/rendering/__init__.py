"""Pictures for people: what a reading rests on, and what was read wrong."""
