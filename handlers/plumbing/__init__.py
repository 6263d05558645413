"""What handlers share: payloads read, templates drawn, errors answered."""
