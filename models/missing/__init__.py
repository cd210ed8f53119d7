"""What was due, what came, and answers that did not come: one way for every analysis."""
