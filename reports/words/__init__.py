"""The words: pure functions from answers to sentences that can be read aloud."""
