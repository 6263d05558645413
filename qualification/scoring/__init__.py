"""What leads come to by the playbook: points, gates, readiness."""
