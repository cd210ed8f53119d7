"""Social against clinical programs: weights, double robustness, few programs, claims with a margin."""
