"""The editor's review: from messages that were not understood to examples in data/faq/."""
