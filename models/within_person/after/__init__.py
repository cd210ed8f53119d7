"""After a fit: slopes, predictions, explained variance, residuals, pooling."""
