"""One module a format, pure: a page in, text or bytes out."""
