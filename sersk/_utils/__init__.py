"""What several rooms share and no user needs: files, storage, parallel work, progress, seeds."""
