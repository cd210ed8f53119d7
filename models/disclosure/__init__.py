"""What may be shown: small counts of people are withheld before anything is released."""
