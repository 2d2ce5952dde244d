"""The contract: what the gateway and the assistant share (messages, mailroom, redaction, settings)."""
