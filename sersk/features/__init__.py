"""Pictures of sound: the one STFT and the features made from it."""
