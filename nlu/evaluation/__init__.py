"""How well questions are understood, measured on phrasings that are in no training data."""
