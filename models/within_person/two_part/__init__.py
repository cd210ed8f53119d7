"""Whether, and how strongly: the mixed logistic and the two-part model."""
