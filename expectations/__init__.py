"""Great Expectations at the two edges: what is expected (`raw_suites`, `mart_suites`), and what runs it (`runner`)."""
