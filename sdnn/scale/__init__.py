"""Beyond one process or one machine: shards, reading on Ray Data, grids of trainings on Ray Tune.

Nothing here is imported by plain reading or training.
"""
