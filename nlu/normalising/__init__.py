"""Chat language to plain words. One kind of repair a file; normaliser.py applies them in order. No Rasa in here."""
