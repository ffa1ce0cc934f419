"""The pipeline, in the order in which it runs: find lines, make views, sweep, decode, filter, report.

`reader` puts the steps together: `preprocessor`, the net, `line_decoder`, `report`. `page` has the records
that go from one to the next, `settings` what a caller may choose.
"""
