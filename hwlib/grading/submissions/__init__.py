"""From what a student handed in to answers: files, repair, and which cells a question depends on."""
