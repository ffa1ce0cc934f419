"""The pipeline. `reader` runs it: `preprocessor` (lines and views), the net, `line_decoder`, `page_report`.

`page` has the records that go from step to step, `settings` the choices of the caller.
"""
