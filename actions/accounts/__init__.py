"""The person's own account: a client of the account API (docs/account-api.yml), links of chats, limits."""
