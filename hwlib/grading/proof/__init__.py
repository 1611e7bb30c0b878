"""Is the course itself right? Wrong and right solutions graded, and synthetic classes."""
