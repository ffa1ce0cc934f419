"""Parts of bench_scale.py: material, runs, faults, costs and a simulated cluster."""
