"""From what an instructor writes (assignments/SLUG/) to the notebooks source/ and release/."""
