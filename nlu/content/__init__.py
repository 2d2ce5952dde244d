"""Content as data: facts, volatile facts and FAQ entries, read from YAML and checked."""
