"""The web page that answers with a model: `sersk demo --web`.

What is answered lives in `answering` and needs no web server; how it looks in `rendering`; the
page itself, with Gradio, in `page`.
"""

from sersk.demo.answering import Answer, Limits, NoAnswerError, answer
from sersk.demo.page import serve

__all__ = ["Answer", "Limits", "NoAnswerError", "answer", "serve"]
