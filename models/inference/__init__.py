"""From a fit to an answer: coefficients with their uncertainty, contrasts, imputed copies pooled."""
