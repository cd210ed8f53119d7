"""The figures: what they show, how they look, and how they are drawn."""
