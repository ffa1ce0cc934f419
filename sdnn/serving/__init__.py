"""HTTP: the server of `sdnn serve` and `sdnn review`, and its pages.

A request passes the guard (`guard`: Host, Origin, size and time of the body, headers of the answer), its
route (`app`), and a worker process (`pool`, `service`), which reads the picture. No picture is kept.
"""
