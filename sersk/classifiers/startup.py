"""Import this before Keras: TensorFlow is imported here, without its start-up messages."""

from __future__ import annotations

from sersk._utils.quiet_tensorflow import import_tensorflow_quietly

import_tensorflow_quietly()
