"""The benchmark: the same questions through stock Rasa and through ours, side by side on one machine."""
