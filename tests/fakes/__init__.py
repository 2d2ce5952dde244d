"""Stand-ins for messaging platforms: servers that behave like the real ones, and fail like them on request."""
