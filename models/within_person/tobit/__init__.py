"""The multilevel Tobit model: answers piled up at an end of the scale."""
