"""What is estimated: frames or arrays in, frozen results out. Imports nothing of ours above it."""
