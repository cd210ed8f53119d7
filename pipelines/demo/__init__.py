"""A synthetic county collaborative, written from a seed in the shapes that real exports have."""
