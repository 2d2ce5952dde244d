"""The reference server of the account API: a stand-in for the programme's backend, with invented people."""
