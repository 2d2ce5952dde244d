"""Understanding: content of the FAQ, training data, Rasa components, and the wording of answers."""
