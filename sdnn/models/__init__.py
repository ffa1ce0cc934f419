"""The single-digit net, the sweeping net it becomes, and the files and the engine that carry it."""
