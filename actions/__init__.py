"""Custom actions: ordinary rasa-sdk classes, run inside the worker (and by `rasa run actions`)."""
