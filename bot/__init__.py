"""Kawan Prakerja: contract, gateway, assistant worker and the launcher that starts them."""
