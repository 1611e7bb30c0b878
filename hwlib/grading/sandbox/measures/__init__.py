"""What keeps a worker in its place, a module for each measure.

| module         | what it stops                                                                  |
|----------------|--------------------------------------------------------------------------------|
| `namespaces`   | seeing the course, other processes, other workers' files, a network            |
| `view`         | reading or writing outside a list of folders; signals to other processes       |
| `capabilities` | undoing the other measures as root, also as root of a user namespace           |
| `system_calls` | sockets, tracing, mounts, keyrings, shared memory, and rarely used kernel code |
| `limits`       | using up the machine: memory, processes, files, CPU time                       |
| `control_groups` | using up its memory with many processes                                      |

They are for the process that calls them and its children, and none of them can be taken back.
"""
