"""Through what programs act: natural effects on the probability scale, and what hidden causes could do."""
