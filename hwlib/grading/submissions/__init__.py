"""From a hand-in to answers: files, repair, and which cells a question depends on."""
