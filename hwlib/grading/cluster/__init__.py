"""Grading on the machines of a Dask cluster: one client sends submissions and writes all results.

hw grade ── run ── scheduler ── Dask worker ── workshop ── station ── judge ── worker
(one writer)                    (any machine)              (a process without threads)
"""
