"""Recognising a known network, whole or in part."""
