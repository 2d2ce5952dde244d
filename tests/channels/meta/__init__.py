"""Meta's Cloud API: damage, people without a number, and what only shows behind a real connection."""
