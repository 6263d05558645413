"""How leads reach sales: rules, records and use cases. It knows nothing of Slack or of templates."""
