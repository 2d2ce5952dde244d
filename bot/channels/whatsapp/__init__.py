"""WhatsApp, through whichever gateway the agency has: one module for each."""
