"""`hw serve`: takes hand-ins over HTTP or from a folder, grades each, gives the feedback page back.

browser, curl ── web ─┐
folder ── drop ───────┴─ inbox ── graders ── station ── judge ── worker
                         (queue)  (threads)  (a process without threads)
"""
