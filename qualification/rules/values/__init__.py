"""Values that mean the same to everybody: money, countries, names, addresses, expressions."""
