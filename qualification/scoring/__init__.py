"""What leads come to by the playbook: points (which do not decay), gates, readiness."""
