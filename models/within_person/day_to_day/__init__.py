"""From one day to the next: identity and meaning as a two-way process with own levels."""
