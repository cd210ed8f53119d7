"""Scale scores from item answers."""
