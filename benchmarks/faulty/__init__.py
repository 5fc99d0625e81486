"""What happens to each file that sersk writes when the disk, the folder or the process fails."""
