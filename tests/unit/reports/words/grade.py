"""How hard a sentence is to read."""

from __future__ import annotations

import re


def syllables(word: str) -> int:
    groups = re.findall(r"[aeiouy]+", word.lower())
    silent = re.search(r"([^l]e|[^td]ed)$", word.lower()) is not None
    return max(len(groups) - silent, 1)


def grade(text: str) -> float:
    """Flesch-Kincaid grade; a number counts as one word of two syllables, a colon does not end a sentence."""
    words = re.findall(r"[A-Za-z']+|\d[\d.,]*\d|\d", text)
    sentences = len(re.findall(r"[.?!](?:\s|$)", text))
    spoken = sum(2 if word[0].isdigit() else syllables(word) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * spoken / len(words) - 15.59
