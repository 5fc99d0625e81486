"""The web page that predicts the emotion of recordings: `sersk demo --web`.

`answering` makes answers without a web server, `rendering` makes HTML of them, `page` lays out the
page with Gradio, and `serving` serves it.
"""

from sersk.demo.answering import Answer, Limits, NoAnswerError, answer
from sersk.demo.serving import serve

__all__ = ["Answer", "Limits", "NoAnswerError", "answer", "serve"]
