"""Internal utilities of several rooms: files, storage, parallel tasks, progress, seeds."""
