"""The gateway: everything that faces the network. It never imports Rasa."""
