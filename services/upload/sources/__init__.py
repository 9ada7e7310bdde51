"""Sources: places from which files are fetched, by a schedule or when told to. Each file is an ordinary upload."""
