"""Bytes → decoded text."""
