"""The playbook's file: its shape, its checks, its defaults."""
