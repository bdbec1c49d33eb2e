"""Tests of what is known of a customer."""
