"""Great Expectations at the two edges of the warehouse: what is expected (`suites`), and the one runner (`runner`)."""
