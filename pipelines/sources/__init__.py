"""One module per file shape: each knows how a file is built and no variable of it."""
