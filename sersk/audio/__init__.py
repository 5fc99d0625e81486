"""Sound: reading it and changing it. Pictures of sound live in `sersk.features`."""
