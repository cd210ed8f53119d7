"""The pages: each chooses what to show and in which order; none computes an estimate."""
