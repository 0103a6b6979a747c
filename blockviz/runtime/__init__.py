"""The ground floor: files, records, garbage collection; nothing of networks."""
