"""Rasa components of the pipeline in config.yml, one job each."""
