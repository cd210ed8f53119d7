"""The parts of `benchmarks/within_person.py`: data, our fits, the rivals, and the tables."""
