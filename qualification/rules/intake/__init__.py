"""Payloads and rows of files, checked and turned into leads, activities and deals."""
