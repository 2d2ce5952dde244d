"""The assistant: a worker that reads mail, runs Rasa as a library, and posts replies. It listens on no network."""
